"""What is wished of one job, or of many that failed, as its JSON says it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from gateway.receiving.document import TYPE_NAMES, listed, parsed, unknown_fields
from gateway.receiving.refusals import Kind, invalid
from headway.serving.problem import Fault
from headway.wire.commands import CANCEL, REPROCESS
from headway.wire.envelope import FIRST_ATTEMPT, MOST_ATTEMPTS
from headway.wire.records import job_id_from

#: Letters that one bulk request asks for and commands, at most.
MOST_A_PAGE: Final = 500
_MOST_JOB_IDS: Final = 1000
_MOST_CHARACTERS: Final = 200
_MOST_CURSOR_CHARACTERS: Final = 2000
_JOB_ID_RULE: Final = "has 1 to 128 characters of A-Z a-z 0-9 . _ -"
_BULK: Final = ("filter", "dry_run", "limit", "cursor")
_TEXTS: Final = ("stage", "error_class", "since", "until")
_FILTER: Final = (*_TEXTS, "job_ids")


@dataclass(frozen=True, slots=True)
class Wish:
    """One command of one job; what is None is to be asked of the status service."""

    kind: str
    job_id: str
    attempt: int | None = None
    stage: str | None = None
    from_stage: str = ""

    @property
    def says_all(self) -> bool:
        """Whether nobody has to be asked. Every stage hears a cancel: it names none."""
        return self.attempt is not None and (self.stage is not None or self.kind == CANCEL)

    def fingerprint(self) -> str:
        """The same for the same wish, also for one that an earlier release was asked."""
        said = {name: value for name, value in asdict(self).items() if value != ""}
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class BulkWish:
    """One page of retries. `where` is what letters have to be, by the names of the status API."""

    where: Mapping[str, str]
    job_ids: tuple[str, ...]
    dry_run: bool
    limit: int
    cursor: str | None


def read_wish(
    kind: str, job_id: str, body: bytes, stages: tuple[str, ...], *, from_stage: str | None = None
) -> Wish:
    """The wish in a JSON *body*, which may be empty.

    A job that is run again begins at *from_stage*, the first one where that is not said.

    Raises:
        Refusal: it is not JSON (where), or breaks rules (all of them at once).
    """
    document = _object(body)
    faults = unknown_fields(document, ("attempt",) if kind == CANCEL else ("attempt", "stage"))
    if not _is_job_id(job_id):
        faults.append(Fault("job_id", _JOB_ID_RULE))
    attempt, stage = document.get("attempt"), document.get("stage")
    if attempt is not None:
        faults += _number_faults("attempt", attempt, FIRST_ATTEMPT, MOST_ATTEMPTS)
    if stage is not None and kind != CANCEL:
        faults += _stage_faults("stage", stage, stages)
    begins = ""
    if kind == REPROCESS:
        begins = stages[0] if from_stage is None else from_stage
        faults += _stage_faults("from", begins, stages)
    elif from_stage is not None:
        faults.append(Fault("from", f"goes with {REPROCESS} alone"))
    _refuse(faults)
    return Wish(kind, job_id, attempt, None if kind == CANCEL else stage, begins)


def read_bulk(body: bytes, stages: tuple[str, ...]) -> BulkWish:
    """The page that is wished in a JSON *body*; raises as `read_wish` does."""
    document = _object(body)
    faults = unknown_fields(document, _BULK)
    where = document.get("filter")
    if not isinstance(where, dict):
        told = "is missing" if "filter" not in document else f"is {TYPE_NAMES[type(where)]}"
        faults.append(Fault("filter", f"{told}; send an object, {{}} for all that can be retried"))
        where = {}
    dry_run, limit = document.get("dry_run", False), document.get("limit", MOST_A_PAGE)
    cursor = document.get("cursor")
    if not isinstance(dry_run, bool):
        faults.append(Fault("dry_run", f"is {TYPE_NAMES[type(dry_run)]}; send true or false"))
    faults += _number_faults("limit", limit, 1, MOST_A_PAGE)
    faults += _text_faults("cursor", cursor, _MOST_CURSOR_CHARACTERS)
    _refuse(faults + _filter_faults(where, stages))
    texts = {name: where[name] for name in _TEXTS if where.get(name) is not None}
    return BulkWish(texts, tuple(where.get("job_ids") or ()), dry_run, limit, cursor)


def _object(body: bytes) -> Mapping[str, Any]:
    document = parsed(body) if body.strip() else {}
    if not isinstance(document, dict):
        detail = f"is {TYPE_NAMES[type(document)]}; send an object, or nothing"
        raise invalid([Fault("body", detail)], Kind.COMMAND_INVALID)
    return document


def _filter_faults(where: Mapping[str, Any], stages: tuple[str, ...]) -> list[Fault]:
    faults = [Fault(f"filter.{name}", detail) for name, detail in unknown_fields(where, _FILTER)]
    if where.get("stage") is not None:
        faults += _stage_faults("filter.stage", where["stage"], stages)
    for name in _TEXTS[1:]:
        faults += _text_faults(f"filter.{name}", where.get(name), _MOST_CHARACTERS)
    if where.get("job_ids") is not None:
        times = [name for name in ("since", "until") if where.get(name) is not None]
        faults += [Fault(f"filter.{name}", "does not go with job_ids") for name in times]
    return faults + _ids_faults(where.get("job_ids"))


def _ids_faults(ids: object) -> list[Fault]:
    if ids is None:
        return []
    if not isinstance(ids, list) or not 0 < len(ids) <= _MOST_JOB_IDS:
        return [Fault("filter.job_ids", f"is no list of 1 to {_MOST_JOB_IDS:,} jobs")]
    return [
        Fault(f"filter.job_ids[{number}]", _JOB_ID_RULE)
        for number, job_id in enumerate(ids)
        if not isinstance(job_id, str) or not _is_job_id(job_id)
    ][:10]


def _is_job_id(text: str) -> bool:
    # JSON may hold half a character, which cannot be encoded.
    return job_id_from(text.encode(errors="replace")) is not None


def _stage_faults(field: str, stage: object, stages: tuple[str, ...]) -> list[Fault]:
    return [] if stage in stages else [Fault(field, f"is none of {listed(stages)}")]


def _text_faults(field: str, value: object, most: int) -> list[Fault]:
    if value is None or (isinstance(value, str) and 0 < len(value) <= most):
        return []
    return [Fault(field, f"is no text of 1 to {most:,} characters")]


def _number_faults(field: str, value: object, least: int, most: int) -> list[Fault]:
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return []
    return [Fault(field, f"is no whole number from {least} to {most:,}")]


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise invalid(faults, Kind.COMMAND_INVALID)
