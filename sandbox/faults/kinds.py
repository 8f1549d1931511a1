"""Every fault by its name: what it does, which rows of the fault table it plays, its options.

A fault takes the good answer and spoils it. One that comes ``instead`` leaves the provider
unasked: nothing is charged, no message is accepted.
"""

import gzip
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, NamedTuple

from sandbox.faults import boards, reply
from sandbox.faults.boards import Options
from sandbox.faults.reply import Reply
from sandbox.protocol.refusals import Refusal, Refused

Strike = Callable[[Reply, Options], Reply]


class Kind(NamedTuple):
    """One fault. ``rows`` are those of the fault table that it plays."""

    name: str
    rows: tuple[int, ...]
    says: str
    strike: Strike
    options: tuple[str, ...] = ()
    instead: bool = False
    telegram: bool = False


def _refused(answer: Reply, options: Options) -> Reply:
    refusal = Refusal[options["code"]]
    return reply.reply_json(refusal.status, Refused(refusal).body(), _pause(options))


def _refusal(code: str) -> Strike:
    return lambda answer, options: _refused(answer, {"code": code, **options})


def _pause(options: Options) -> dict[str, str]:
    return {"Retry-After": str(options["retry_after"])} if "retry_after" in options else {}


def _server(answer: Reply, options: Options) -> Reply:
    status = options.get("status", 503)
    return Reply(status, b"<html>Sorry</html>", "text/html", _pause(options))


def _bot(code: int, description: str) -> Strike:
    def strike(answer: Reply, options: Options) -> Reply:
        told: dict[str, Any] = {
            "ok": False,
            "error_code": code,
            "description": f"{description}{options.get('more', '')}",
        }
        if "migrate_to_chat_id" in options:
            told["parameters"] = {"migrate_to_chat_id": options["migrate_to_chat_id"]}
        return reply.reply_json(code, told)

    return strike


def _bot_flooded(answer: Reply, options: Options) -> Reply:
    seconds = options.get("retry_after", 3)
    told: dict[str, Any] = {
        "ok": False,
        "error_code": 429,
        "description": f"Too Many Requests: retry after {seconds}",
    }
    if not options.get("old", False):
        told["parameters"] = {"retry_after": seconds}
    return reply.reply_json(429, told, {"Retry-After": str(seconds)})


def _wired(make: Callable[[Options], reply.Wire]) -> Strike:
    return lambda answer, options: replace(answer, wire=make(options))


def _bytes(change: Callable[[bytes, Options], bytes], kind: str = reply.JSON) -> Strike:
    return lambda answer, options: replace(answer, body=change(answer.body, options), kind=kind)


def _board(spoil: Callable[[boards.Board, Options], None]) -> Strike:
    return _bytes(lambda body, options: boards.spoiled(body, spoil, options))


def _chained(answer: Reply, options: Options) -> Reply:
    twice = gzip.compress(gzip.compress(answer.body))
    return answer.encoded(twice, options.get("encoding", "gzip, gzip"))


def _redirect(answer: Reply, options: Options) -> Reply:
    return Reply(302, b"", headers={"Location": options.get("to", "http://127.0.0.1:9/elsewhere")})


def _unchanged(answer: Reply, options: Options) -> Reply:
    """What happens to it happens before: which instant, or which answer, is told."""
    return answer


_WHERE: Final = ("event", "book", "market", "side")

KINDS: Final = (
    Kind(
        "auth", (42,), "401: the key is refused", _refusal("INVALID_KEY"), ("code",), instead=True
    ),
    Kind(
        "refusal",
        (43,),
        "422, or the status of any other code",
        _refusal("INVALID_MARKET"),
        ("code",),
        instead=True,
    ),
    Kind(
        "frequency",
        (44,),
        "429; retry_after is seconds, a date or left out",
        _refusal("EXCEEDED_FREQ_LIMIT"),
        ("retry_after",),
        instead=True,
    ),
    Kind(
        "server", (45,), "503 or another status", _server, ("status", "retry_after"), instead=True
    ),
    Kind(
        "hang",
        (46,),
        "nothing is done and nothing said",
        _wired(lambda options: reply.silence(options.get("seconds", 30))),
        ("seconds",),
        instead=True,
    ),
    Kind(
        "hang_in_body",
        (46,),
        "headers, then silence",
        _wired(lambda options: reply.silence_after_headers(options.get("seconds", 30))),
        ("seconds",),
    ),
    Kind(
        "drip",
        (46,),
        "a byte a second",
        _wired(lambda options: reply.dripping(options.get("pause", 1))),
        ("pause",),
    ),
    Kind(
        "drip_headers",
        (46,),
        "the headers too",
        _wired(lambda options: reply.dripping(options.get("pause", 1), headers_too=True)),
        ("pause",),
    ),
    Kind("hang_up", (46,), "the line is dropped unanswered", _wired(lambda _: reply.hang_up)),
    Kind(
        "truncated",
        (47,),
        "JSON that ends too early, its length true",
        _bytes(lambda body, options: body[: int(options.get("share", 0.5) * len(body))]),
        ("share",),
    ),
    Kind(
        "cut",
        (47,),
        "a body shorter than its Content-Length",
        _wired(lambda options: reply.cut_at(options.get("share", 0.5))),
        ("share",),
    ),
    Kind(
        "cut_chunks",
        (47,),
        "chunks that end in the middle",
        _wired(lambda options: reply.cut_chunks(options.get("share", 0.5))),
        ("share",),
    ),
    Kind(
        "bomb",
        (48,),
        "a gzip that unpacks to 300 MB, or as many as are asked for",
        _wired(lambda options: reply.bomb(options.get("megabytes", 300))),
        ("megabytes",),
    ),
    Kind("chained", (48,), "packed twice, or named br", _chained, ("encoding",)),
    Kind("redirect", (48,), "302 to somewhere else", _redirect, ("to",), instead=True),
    Kind(
        "html",
        (49,),
        "a page for people, with 200",
        _bytes(lambda body, _: b"<!doctype html><title>Down for maintenance</title>", "text/html"),
    ),
    Kind("bom", (49,), "a byte order mark first", _bytes(lambda body, _: b"\xef\xbb\xbf" + body)),
    Kind(
        "utf16", (49,), "another encoding", _bytes(lambda body, _: body.decode().encode("utf-16"))
    ),
    Kind(
        "number",
        (49, 50, 51),
        "a price written as token says: NaN, null, 1e999, -99",
        _board(boards.price),
        ("token", *_WHERE),
    ),
    Kind(
        "decimals",
        (52,),
        "decimal prices where American ones were asked for",
        _board(boards.decimals),
        _WHERE,
    ),
    Kind("missing_side", (53,), "a market of one outcome", _board(boards.missing_side), _WHERE),
    Kind("third_side", (53,), "a draw where there is none", _board(boards.third_side), _WHERE),
    Kind("swapped", (54,), "home and away turned", _board(boards.swapped), _WHERE),
    Kind("same_sign", (55,), "both sides of a spread favoured", _board(boards.same_sign), _WHERE),
    Kind(
        "totals_differ", (55,), "over and under of two lines", _board(boards.totals_differ), _WHERE
    ),
    Kind("twice_book", (56,), "a book named twice", _board(boards.twice_book), _WHERE),
    Kind("twice_outcome", (56,), "an outcome named twice", _board(boards.twice_outcome), _WHERE),
    Kind(
        "spelling",
        (57,),
        f"a team's name as {', '.join(boards.SPELLINGS)}",
        _board(boards.spelling),
        ("how", *_WHERE),
    ),
    Kind(
        "last_update",
        (58,),
        "seen in the future, at epoch, in milliseconds, with no_zone, missing",
        _board(boards.last_update),
        ("when", *_WHERE),
    ),
    Kind("reused_id", (59,), "the id of one game on another", _board(boards.reused_id), _WHERE),
    Kind(
        "moved_start",
        (59,),
        "a start 30 hours later, or so many",
        _board(boards.moved_start),
        ("hours", *_WHERE),
    ),
    Kind("replay", (60,), "the bytes of the call before, once more", _unchanged),
    Kind("older", (61,), "what was true 600 seconds ago", _unchanged, ("seconds",)),
    Kind("many", (62,), "100,000 games", _board(boards.many), ("count",)),
    Kind(
        "huge",
        (62,),
        "a body of 50 MB",
        _wired(lambda options: reply.endless(options.get("megabytes", 50))),
        ("megabytes",),
    ),
    Kind(
        "deep",
        (62,),
        "brackets within brackets, 100,000 deep",
        _bytes(lambda body, options: b"[" * options.get("depth", 100_000)),
        ("depth",),
    ),
    Kind("empty", (63,), "200 and no games", _board(boards.empty)),
    Kind("wrong_score", (), "a final that will be corrected", _board(boards.wrong_score)),
    Kind(
        "bot_flooded",
        (64,),
        "429 with retry_after 3; old leaves the parameters out",
        _bot_flooded,
        ("retry_after", "old"),
        instead=True,
        telegram=True,
    ),
    Kind(
        "bot_blocked",
        (65,),
        "403: blocked by the user",
        _bot(403, "Forbidden: bot was blocked by the user"),
        instead=True,
        telegram=True,
    ),
    Kind(
        "bot_no_chat",
        (65,),
        "400: chat not found",
        _bot(400, "Bad Request: chat not found"),
        instead=True,
        telegram=True,
    ),
    Kind(
        "bot_migrated",
        (65,),
        "400 with migrate_to_chat_id",
        _bot(400, "Bad Request: group chat was upgraded to a supergroup chat"),
        ("migrate_to_chat_id",),
        instead=True,
        telegram=True,
    ),
    Kind(
        "bot_unauthorized",
        (65,),
        "401: the token was revoked",
        _bot(401, "Unauthorized"),
        instead=True,
        telegram=True,
    ),
    Kind(
        "bot_accepts_then_hangs",
        (66,),
        "the message is sent, and nothing said",
        _wired(lambda options: reply.silence(options.get("seconds", 30))),
        ("seconds",),
        telegram=True,
    ),
    Kind(
        "bot_accepts_then_drops",
        (66,),
        "the message is sent, and the line dropped",
        _wired(lambda _: reply.hang_up),
        telegram=True,
    ),
    Kind(
        "bot_accepts_then_fails",
        (66,),
        "the message is sent, and the answer is 502",
        _bot(502, "Bad Gateway"),
        telegram=True,
    ),
    Kind(
        "bot_entities",
        (67,),
        "400: can't parse entities",
        _bot(400, "Bad Request: can't parse entities"),
        ("more",),
        instead=True,
        telegram=True,
    ),
)
BY_NAME: Final = {kind.name: kind for kind in KINDS}
