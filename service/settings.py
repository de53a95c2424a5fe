"""Where the record lives. Everything may be set by NGATU_… environment variables."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """`state` holds database, evidence and keys unless they are set apart."""

    model_config = SettingsConfigDict(env_prefix="NGATU_", extra="ignore")

    state: Path = Path("var")
    database: str | None = None
    """SQLAlchemy URL, e.g. postgresql+psycopg://user@host/ngatu; SQLite in `state` by default."""
    evidence: Path | None = None
    secure_cookies: bool = False
    """Set it when the console is served over HTTPS: cookies are then never sent over HTTP."""
    session_hours: float = 10.0

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{(self.state / 'ngatu.db').resolve()}"

    @property
    def evidence_folder(self) -> Path:
        return self.evidence or self.state / "evidence"

    @property
    def keys_folder(self) -> Path:
        return self.state / "keys"
