"""Where the record lives. Everything may be set by NGATU_… environment variables."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """`state` holds database, evidence and keys unless they are set apart."""

    model_config = SettingsConfigDict(env_prefix="NGATU_", extra="ignore")

    state: Path = Path("var")
    database: str | None = None
    """SQLAlchemy URL, e.g. postgresql+psycopg://user@host/ngatu; SQLite in `state` by default."""
    evidence: Path | None = None
    s3_bucket: str = ""
    """Keeps evidence in this bucket of an S3-compatible server instead of a folder; needs the extra `s3`."""
    s3_endpoint: str = ""
    """The server's address, e.g. https://minio.office.example:9000; empty: Amazon's."""
    s3_region: str = "us-east-1"
    s3_prefix: str = ""
    s3_key_id: str = ""
    s3_secret: SecretStr = SecretStr("")
    processes: int = Field(default=1, ge=1, le=64)
    """How many processes answer requests; one uses one core. Limits per address hold in each of them."""
    recordings: Path | None = None
    """Where ngatu record keeps the plain feeds; STATE/recordings by default."""
    secure_cookies: bool = False
    """Set it when the console is served over HTTPS: cookies are then never sent over HTTP."""
    session_hours: float = 10.0

    second_approval: bool = False
    """Whether another person than the one who confirmed approves each case before it goes on."""

    second_factor_roles: frozenset[str] = frozenset()
    """Roles that sign in with a second factor, as JSON: ["supervisor", "admin"]."""
    oidc_issuer: str = ""
    """An OpenID Connect provider that people may sign in at, besides their password."""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_name_claim: str = "preferred_username"
    """The claim that holds the name of somebody's account here, for the first time they come."""

    feed_hosts: tuple[str, ...] = ()
    """Hosts that cameras may have, as JSON: names, *.domain, addresses, networks. None: every host but this."""
    local_feeds: bool = False
    """Whether feeds may come from this machine, as in demonstrations."""

    local_webhooks: bool = False
    """Whether webhooks may lead to this machine, as in trials."""
    mqtt_url: SecretStr = SecretStr("")
    """A broker for decided cases and camera states: mqtt://user:password@host:1883, or mqtts://."""
    mqtt_prefix: str = "ngatu"
    metrics_token: SecretStr = SecretStr("")
    """The bearer token that /metrics asks for; without one it answers only who asks from this machine."""
    least_free_mb: int = 1024
    """Under this much room for evidence /health says that it is failing."""

    owners_csv: Path | None = None
    """A vehicle registry as a CSV file; its columns are told in service/owners/csv_registry.py."""
    owners_url: str = ""
    """A vehicle registry's server; goes before the file. Protocol in service/owners/http_registry.py."""
    owners_token: SecretStr = SecretStr("")

    unit_parent: str = "Công an tỉnh Đồng Tháp"
    unit_name: str = "Phòng Cảnh sát giao thông"
    unit_code: str = "PCSGT"
    """The unit's letters in the numbers of its papers: 12/TB-PCSGT."""
    unit_address: str = ""
    unit_phone: str = ""
    """Address and phone stay dotted lines on the papers while they are empty."""
    unit_place: str = "Đồng Tháp"
    alternative_office: str = "Công an xã, phường nơi chủ phương tiện cư trú, đóng trụ sở"
    appear_within_days: int = 7
    """How soon a notice asks the owner to come; the sample form says 7 days after receipt."""
    public_url: str = "http://127.0.0.1:8000"
    """Where citizens reach /tra-cuu: printed on every notice and in its QR code."""
    lookups_per_minute: int = 10
    """How often one address may ask the public look-up."""
    signing_pkcs12: Path | None = None
    """The unit's certificate and key; papers are signed with it as PAdES."""
    signing_password: SecretStr = SecretStr("")

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{(self.state / 'ngatu.db').resolve()}"

    @property
    def evidence_folder(self) -> Path:
        return self.evidence or self.state / "evidence"

    @property
    def recordings_folder(self) -> Path:
        return self.recordings or self.state / "recordings"

    @property
    def keys_folder(self) -> Path:
        return self.state / "keys"
