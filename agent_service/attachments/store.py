"""Files that are attached to messages: announced, uploaded, read, and kept with their thread."""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from chatkit.store import AttachmentStore, NotFoundError
from chatkit.types import (
    Attachment,
    AttachmentCreateParams,
    AttachmentUploadDescriptor,
    FileAttachment,
    ImageAttachment,
)
from pydantic import AnyUrl, TypeAdapter

from agent_service.attachments.contents import parts_of
from agent_service.attachments.file_types import KINDS, file_type, same_kind, unsupported
from agent_service.attachments.reader import read_file
from agent_service.attachments.worker import ReadFile
from agent_service.context import RequestContext
from agent_service.errors import RequestRefusedError
from agent_service.http.upload_allowance import UploadAllowance
from agent_service.settings.settings import AgentServiceSettings
from agent_service.storage import PostgresStore
from agent_service.storage.pages import ATTACHMENT
from database.pool import Pool, fetch
from parsing.detection import IMAGES
from serving.fair_slots import FairSlots

TOKEN_HEADER = "x-upload-token"  # noqa: S105
MAX_NAME_LENGTH = 200
MAX_UNSENT = 50
# Each has up to model_parts.MAX_IMAGE_BYTES of them, in several forms.
TURNS_WITH_PICTURES = 4
# Longer than one file may take.
SECONDS_FOR_A_READER = 60
# What nobody sent with a message within a day was given up.
UNSENT_HOURS = 24
# In an attachment's metadata: sentences about what is missing in its text.
NOTES = "notes"
URL = TypeAdapter[AnyUrl](AnyUrl)


@dataclass(frozen=True)
class StoredFile:
    """An uploaded file without its bytes: how many those are, and unless it is an image the beginning of its
    text, how long the whole text is in characters, and what is missing in it.
    """

    id: str
    name: str
    mime_type: str
    size: int
    text: str | None
    characters: int = 0
    notes: tuple[str, ...] = ()

    @property
    def is_image(self) -> bool:
        """Whether there is a picture instead of text."""
        return self.mime_type in IMAGES


class PostgresAttachments(AttachmentStore[RequestContext]):
    """The files of each user. What belongs to another user does not exist: `NotFoundError`."""

    def __init__(self, pool: Pool, settings: AgentServiceSettings, store: PostgresStore) -> None:
        self._pool = pool
        self._settings = settings
        self._store = store
        self._allowance = UploadAllowance(settings)
        # Reading may take two cores of the machine, not all of it; the third is for who comes besides.
        self._readers = FairSlots[str](3, each=2, contended=1)
        self._pictures = FairSlots[str](TURNS_WITH_PICTURES, each=2)

    @property
    def max_bytes(self) -> int:
        """The largest file that is taken."""
        return self._settings.attachment_max_bytes

    def generate_attachment_id(self, mime_type: str, context: RequestContext) -> str:
        """A new id nobody can guess."""
        return f"atc_{secrets.token_hex(16)}"

    async def create_attachment(self, input: AttachmentCreateParams, context: RequestContext) -> Attachment:
        """An announced file with the place to upload it to, once. Raises `RequestRefusedError`."""
        self._check_size(input.size)
        self._allowance.take(context.user_id, 0)
        await self._check_unsent(context)
        attachment_id = self.generate_attachment_id(input.mime_type, context)
        token = secrets.token_urlsafe(32)
        descriptor = AttachmentUploadDescriptor(
            url=_url(context, attachment_id), method="PUT", headers={TOKEN_HEADER: token}
        )
        attachment = _described(attachment_id, input.name, input.mime_type, context)
        attachment = attachment.model_copy(update={"upload_descriptor": descriptor})
        await self._store.save_attachment(attachment, context)
        await fetch(
            self._pool,
            "insert into attachment_uploads (attachment_id, token_hash) "
            "values (%(id)s, %(hash)s) returning 1",
            {"id": attachment_id, "hash": _hash(token)},
        )
        return attachment

    async def delete_attachment(self, attachment_id: str, context: RequestContext) -> None:
        """Nothing but a check: the file goes with its record, which is deleted next."""
        await self._store.load_attachment(attachment_id, context)

    async def receive(self, attachment_id: str, token: str, data: bytes, base_url: str) -> Attachment:
        """The announced file, uploaded with its token; whoever has the token may upload, once.

        Raises `RequestRefusedError`, `NotFoundError` when the token does not open this upload.
        """
        rows = await fetch(
            self._pool,
            """
            select attachment.user_id, attachment.data::text, upload.token_hash
            from attachment_uploads upload join attachments attachment on attachment.id = upload.attachment_id
            where upload.attachment_id = %(id)s
            """,
            {"id": attachment_id},
        )
        if not rows or not hmac.compare_digest(str(rows[0][2]), _hash(token)):
            raise NotFoundError("There is no such upload, or it was used already.")
        announced = ATTACHMENT.validate_json(rows[0][1])
        context = RequestContext(str(rows[0][0]), base_url=base_url)
        self._allowance.take(context.user_id, len(data))
        mime_type, read = await self._read(announced.name, announced.mime_type, data, context)
        taken = await fetch(
            self._pool,
            "delete from attachment_uploads where attachment_id = %(id)s returning 1",
            {"id": attachment_id},
        )
        if not taken:
            raise NotFoundError("There is no such upload, or it was used already.")
        attachment = _described(attachment_id, announced.name, mime_type, context)
        return await self._keep(attachment, data, read, context)

    async def add(self, name: str, declared: str, data: bytes, context: RequestContext) -> Attachment:
        """A file uploaded in one go. Raises `RequestRefusedError`."""
        self._check_size(len(data))
        self._allowance.take(context.user_id, len(data))
        await self._check_unsent(context)
        mime_type, read = await self._read(name, declared, data, context)
        attachment_id = self.generate_attachment_id(mime_type, context)
        attachment = _described(attachment_id, name, mime_type, context)
        await self._store.save_attachment(attachment, context)
        return await self._keep(attachment, data, read, context)

    async def load_files(
        self, ids: Sequence[str], context: RequestContext, max_characters: int = 0
    ) -> dict[str, StoredFile]:
        """The user's uploaded files by id, each with so much of its text; without those that are gone."""
        rows = await fetch(
            self._pool,
            """
            select attachment.id, attachment.data::text, octet_length(stored.content),
                   left(stored.text, %(characters)s), coalesce(char_length(stored.text), 0)
            from attachments attachment
            join attachment_contents stored on stored.attachment_id = attachment.id
            where attachment.id = any (%(ids)s) and attachment.user_id = %(user_id)s
            """,
            {"ids": list(ids), "user_id": context.user_id, "characters": max_characters},
        )
        return {row[0]: _stored(row) for row in rows}

    def content(self, file: StoredFile, context: RequestContext) -> AsyncGenerator[bytes]:
        """The bytes of one of the user's files, in parts: whoever reads slowly holds one part in memory."""
        return parts_of(self._pool, file.id, file.size, context.user_id)

    def showing_pictures(self, context: RequestContext) -> AbstractAsyncContextManager[None]:
        """While in the block a turn may have pictures in memory. Raises `RequestRefusedError`."""
        return self._pictures.one(context.user_id, self._settings.turn_wait_seconds, _too_many_pictures)

    async def check(self, ids: Sequence[str], context: RequestContext, again_in: str | None = None) -> None:
        """Return when a message may carry these files: a new one, or one sent again in the thread `again_in`.

        Raises `RequestRefusedError`, and `NotFoundError` when there is no such file.
        """
        most = self._settings.attachment_max_count
        if len(set(ids)) != len(ids) or len(ids) > most:
            raise RequestRefusedError("upload.too_many", number=most)
        for attachment_id in ids:
            attachment = await self._store.load_attachment(attachment_id, context)
            if attachment.upload_descriptor is not None:
                raise RequestRefusedError("upload.not_uploaded", name=attachment.name)
            if attachment.thread_id not in (None, again_in):
                raise RequestRefusedError("upload.sent_before", name=attachment.name)

    async def _read(
        self, name: str, declared: str, data: bytes, context: RequestContext
    ) -> tuple[str, ReadFile]:
        """The file's real type and what is in it."""
        self._check_size(len(data))
        name = _clean(name)
        mime_type = await asyncio.to_thread(file_type, name, data)
        if not same_kind(declared, mime_type):
            raise unsupported("upload.not_as_named", name, types=", ".join(KINDS))
        async with self._readers.one(context.user_id, SECONDS_FOR_A_READER, _too_many_files):
            return mime_type, await read_file(name, mime_type, data)

    async def _keep(
        self, attachment: Attachment, data: bytes, read: ReadFile, context: RequestContext
    ) -> Attachment:
        """Store a file that was read; with what is missing in its text, where something is."""
        if read.notes:
            attachment = attachment.model_copy(update={"metadata": {NOTES: list(read.notes)}})
        await fetch(
            self._pool,
            "insert into attachment_contents (attachment_id, content, text) "
            "values (%(id)s, %(content)s, %(text)s) returning 1",
            {"id": attachment.id, "content": data, "text": read.text},
        )
        await self._store.save_attachment(attachment, context)
        return attachment

    def _check_size(self, size: int) -> None:
        if size > self.max_bytes:
            raise RequestRefusedError("upload.too_large", status=413, code="too_large", bytes=self.max_bytes)
        if size <= 0:
            raise RequestRefusedError("upload.empty")

    async def _check_unsent(self, context: RequestContext) -> None:
        await remove_unsent(self._pool)
        rows = await fetch(
            self._pool,
            "select count(*) from attachments where user_id = %(user_id)s and thread_id is null",
            {"user_id": context.user_id},
        )
        if rows and rows[0][0] >= MAX_UNSENT:
            raise RequestRefusedError(
                "upload.too_many_waiting", status=429, code="too_many_files", number=MAX_UNSENT
            )


async def remove_unsent(pool: Pool, hours: float = UNSENT_HOURS) -> int:
    """Delete the files that were never sent and are older than `hours`; how many there were."""
    rows = await fetch(
        pool,
        "delete from attachments where thread_id is null "
        "and created_at < now() - make_interval(secs => %(seconds)s) returning 1",
        {"seconds": hours * 3600},
    )
    return len(rows)


def _described(
    attachment_id: str, name: str, mime_type: str, context: RequestContext
) -> FileAttachment | ImageAttachment:
    mime_type = mime_type.partition(";")[0].strip().lower()
    if mime_type in IMAGES:
        url = _url(context, attachment_id)
        return ImageAttachment(id=attachment_id, name=_clean(name), mime_type=mime_type, preview_url=url)
    return FileAttachment(id=attachment_id, name=_clean(name), mime_type=mime_type)


def _url(context: RequestContext, attachment_id: str) -> AnyUrl:
    return URL.validate_python(f"{context.base_url}attachments/{attachment_id}")


def _clean(name: str) -> str:
    """A file name as one line without a path, in which no control character hides."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character for character in last if character.isprintable())[-MAX_NAME_LENGTH:] or "file"


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _too_many_files() -> RequestRefusedError:
    return RequestRefusedError("limits.too_many_at_once", status=429, code="too_many_at_once", retry_after=10)


def _too_many_pictures() -> RequestRefusedError:
    return RequestRefusedError(
        "limits.too_many_pictures", status=503, code="too_many_pictures", retry_after=10
    )


def _stored(row: tuple[Any, ...]) -> StoredFile:
    attachment = ATTACHMENT.validate_json(row[1])
    notes = tuple(map(str, (attachment.metadata or {}).get(NOTES, ())))
    return StoredFile(attachment.id, attachment.name, attachment.mime_type, row[2], row[3], row[4], notes)
