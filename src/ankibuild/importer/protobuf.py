"""The little of protobuf that Anki's packages need: fields by number, without a schema."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

Value = int | bytes

#: A message of Anki's has some dozen fields; this many are garbage, or meant to keep us busy.
_MOST_FIELDS = 300
_LONGEST_VARINT = 10
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class ProtobufError(ValueError):
    """Bytes that are no protobuf message; the text says why."""


class Message(Struct, frozen=True):
    """A message's fields by number. Of a field that comes twice the last counts, as in protobuf."""

    fields: dict[int, Value]

    def number(self, field: int) -> int:
        """Give a field's whole number, or 0, which protobuf does not write."""
        value = self.fields.get(field, 0)
        return value if isinstance(value, int) else 0

    def data(self, field: int) -> bytes:
        """Give a field's bytes: a text in UTF-8, or a message; empty if there are none."""
        value = self.fields.get(field, b"")
        return value if isinstance(value, bytes) else b""


def parse(data: bytes) -> Message:
    """Read a message whose fields come once each; raise ProtobufError if it is none."""
    fields: dict[int, Value] = {}
    for count, (field, value) in enumerate(entries(data)):
        if count == _MOST_FIELDS:
            raise ProtobufError(f"a message has more than {_MOST_FIELDS} fields")
        fields[field] = value
    return Message(fields)


def entries(data: bytes) -> Iterator[tuple[int, Value]]:
    """Yield the fields of a message one by one, as (number, value), however many there are.

    Numbers of a fixed length come as their bytes. Raise ProtobufError where the message breaks off.
    """
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        length, place = _length(data, place, key & 7)
        if key & 7 == _VARINT:
            yield key >> 3, length
            continue
        if place + length > len(data):
            raise ProtobufError("a message breaks off")
        yield key >> 3, data[place : place + length]
        place += length


def _length(data: bytes, place: int, wire_type: int) -> tuple[int, int]:
    """Read how long a value is, or the value itself if it is a varint; give it and its end."""
    if wire_type in (_VARINT, _BYTES):
        return _varint(data, place)
    if wire_type in (_FIXED32, _FIXED64):
        return (4 if wire_type == _FIXED32 else 8), place
    raise ProtobufError(f"a field is of the unknown type {wire_type}")


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """Read a number of seven bits a byte, the lowest first; give it and where it ends."""
    number = 0
    for count, byte in enumerate(data[place : place + _LONGEST_VARINT]):
        number |= (byte & 0x7F) << 7 * count
        if byte < 0x80:
            return number, place + count + 1
    raise ProtobufError("a number breaks off")
