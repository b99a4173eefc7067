"""One file over HTTP: streamed, resumed where it stopped, put in place whole or not at all."""

from __future__ import annotations

import http.client
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from matinee.durable import flush, full_disk_named
from matinee.errors import DiskFull, NoNetwork, WrongContent
from matinee.progress import Progress, silent

_BLOCK = 1 << 18
_ATTEMPTS = 4  # each but the first goes on where the one before stopped


class _SameOrSaferRedirects(urllib.request.HTTPRedirectHandler):
    """Follow redirects to http(s) only, and never from https back to http."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        scheme = urlsplit(newurl).scheme
        if scheme != "https" and (scheme != "http" or req.type == "https"):
            raise WrongContent(
                f"{req.full_url} must come over {req.type}, but leads to {newurl}: a "
                "captive portal or login page, perhaps. Open a page in a browser, log in, and "
                "try again."
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    """Speaks http and https through the proxies of the environment; no file:, ftp: or data:."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        _SameOrSaferRedirects(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


@dataclass(frozen=True)
class _Part:
    """What has come so far (``NAME.part``), and the validator of the file it is part of."""

    path: Path
    mark: Path

    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def validator(self) -> str:
        return self.mark.read_text("utf-8").strip() if self.mark.exists() else ""

    def drop(self) -> None:
        self.path.unlink(missing_ok=True)
        self.mark.unlink(missing_ok=True)


def download(
    address: str, target: Path, *, limit: int, timeout: float = 30.0, progress: Progress = silent
) -> None:
    """Get a zip from `address` into the file `target`.

    What has come is kept in ``TARGET.part`` when the connection breaks, and the next call goes on
    from there if the server says that it is still the same file (Range with If-Range).

    Parameters
    ----------
    limit
        Most bytes that may come.
    timeout
        Seconds without a byte until the connection counts as broken.

    Raises
    ------
    NoNetwork
        The server cannot be reached, refuses, or went away.
    WrongContent
        A page of HTML, something else that is no zip, more than `limit`, or less than announced.
    DiskFull
        No space left; the part is removed.
    """
    if urlsplit(address).scheme not in {"http", "https"}:
        raise WrongContent(f"An address must begin with https:// or http://, got {address!r}.")
    part = _Part(
        target.with_name(target.name + ".part"), target.with_name(target.name + ".part.etag")
    )
    for attempt in range(1, _ATTEMPTS + 1):
        before = part.size()
        try:
            if _stream(address, part, limit, timeout, progress):
                break
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 416 and before:  # our part is no part of that file
                part.drop()
                continue
            raise NoNetwork(f"{address} answered {error.code} {error.reason}") from error
        except (OSError, http.client.HTTPException) as error:
            if part.size() <= before or attempt == _ATTEMPTS:
                raise NoNetwork(f"{address}: {_why(error)}{_kept(part)}") from error
    else:
        raise WrongContent(
            f"{address} ended early {_ATTEMPTS} times{_kept(part)}. Run the command again to go on."
        )
    flush(part.path)
    part.path.replace(target)
    flush(target.parent)
    part.drop()


def _why(error: BaseException) -> str:
    reason = getattr(error, "reason", error)
    return f"{reason or type(reason).__name__}"


def _kept(part: _Part) -> str:
    size = part.size()
    return f" (the {size:,} bytes that came are kept in {part.path})" if size else ""


def _stream(address: str, part: _Part, limit: int, timeout: float, progress: Progress) -> bool:
    """Fetch the rest of a file; False if it ended before the announced length."""
    request = urllib.request.Request(address, headers={"Accept-Encoding": "identity"})  # noqa: S310
    start, validator = part.size(), part.validator()
    if start and validator:
        request.add_header("Range", f"bytes={start}-")
        request.add_header("If-Range", validator)
    with _opener().open(request, timeout=timeout) as response:
        resumed = start > 0 and response.status == 206
        if resumed and not _begins_at(response, start):
            part.drop()
            return False
        start = start if resumed else 0
        length = response.headers.get("Content-Length", "")
        total = start + int(length) if length.isdigit() else None
        _check_size(address, total or 0, limit, part)
        first = response.read(_BLOCK)
        if not resumed:
            _check_kind(address, first, response)
        try:
            with full_disk_named(part.path.parent):
                part.mark.write_text(_validator(response), "utf-8")
                done = _append(response, first, part, start, limit, address, total, progress)
        except DiskFull:
            part.drop()
            raise
        return total is None or done >= total


def _append(
    response: Any,
    first: bytes,
    part: _Part,
    start: int,
    limit: int,
    address: str,
    total: int | None,
    progress: Progress,
) -> int:
    done, block = start, first
    with open(part.path, "ab" if start else "wb") as sink:
        while block:
            done += len(block)
            _check_size(address, done, limit, part)
            sink.write(block)
            progress(f"downloading {part.path.stem}", done, total)
            block = response.read(_BLOCK)
    return done


def _begins_at(response: Any, start: int) -> bool:
    found = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return found is not None and int(found[1]) == start


def _validator(response: Any) -> str:
    """What tells this version of the file from others; a weak ETag cannot."""
    tag = str(response.headers.get("ETag", ""))
    return (
        tag if tag and not tag.startswith("W/") else str(response.headers.get("Last-Modified", ""))
    )


def _check_size(address: str, size: int, limit: int, part: _Part) -> None:
    if size > limit:
        part.drop()
        raise WrongContent(
            f"{address} must be at most {limit:,} bytes, but {size:,} or more came: not the file "
            "that was asked for."
        )


def _check_kind(address: str, first: bytes, response: Any) -> None:
    if first.startswith(b"PK"):
        return
    kind = str(response.headers.get("Content-Type", "no type"))
    if "html" in kind or first.lstrip()[:1] == b"<":
        raise WrongContent(
            f"{address} must be a zip archive, but a page of HTML came ({kind}): a captive portal "
            "or login page, perhaps. Open a page in a browser, log in, and try again."
        )
    raise WrongContent(
        f"{address} must be a zip archive, but something else came ({kind}, "
        f"{len(first)} bytes, beginning with {first[:8]!r})."
    )
