"""What every table shares: one metadata with named constraints, and times kept in UTC."""

from datetime import UTC, datetime
from typing import ClassVar

from sqlalchemy import BigInteger, DateTime, Integer, MetaData, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


NUMBER = BigInteger().with_variant(Integer(), "sqlite")
"""A number of 64 bits; SQLite has no smaller ones, and counts up only what it calls INTEGER."""
WORD = String().with_variant(String(collation="C"), "postgresql")
"""A short text, in the order of its characters' numbers, whatever the server's language is."""
TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""The same, of any length."""


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar = {int: NUMBER, str: WORD}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime; SQLite keeps no zone, so UTC goes in and comes out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return value
        return value.replace(tzinfo=UTC)


def one_of(column: str, values: type) -> str:
    """The text of a check that a column holds one of an enum's values."""
    listed = ", ".join(f"'{value}'" for value in values)  # pyright: ignore[reportUnknownVariableType, reportGeneralTypeIssues] — an enum type iterates over its members
    return f"{column} IN ({listed})"
