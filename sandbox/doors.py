"""What is asked of the sandbox under each address, and what it answers: no socket in sight."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from sandbox.chats import chats_page
from sandbox.clock import FASTEST, SandboxClock
from sandbox.faults import Fault, FaultPlan, Unreadable
from sandbox.faults.plan import read_plan
from sandbox.faults.reply import Reply, reply_json
from sandbox.page import POLICY, page
from sandbox.protocol.account import Account
from sandbox.protocol.answers import OddsApi, Unknown
from sandbox.protocol.refusals import Refused
from sandbox.telegram import Bot, BotRefused
from sandbox.telegram.methods import call
from sandbox.world import World
from sandbox.world.instants import iso

_HTML: Final = "text/html; charset=utf-8"
_OLDER: Final = 600  # seconds, where a fault does not say


class Sandbox:
    """Everything one server knows: worlds, a clock, an account, a bot, and what may go wrong."""

    def __init__(
        self,
        worlds: Sequence[World],
        account: Account,
        clock: SandboxClock | None = None,
        *,
        bot: Bot | None = None,
        faults: FaultPlan | None = None,
    ) -> None:
        self.worlds = list(worlds)
        self.account = account
        self.clock = clock or SandboxClock()
        self.bot = bot or Bot()
        self.faults = faults or FaultPlan()
        self.provider = OddsApi(self.worlds, history=account.history)

    @property
    def world(self) -> World:
        """The first one: its calendar is every one's."""
        return self.worlds[0]

    def get(self, path: str, query: str) -> Reply:
        """Answer a question that changes nothing of the sandbox's own."""
        match path:
            case "/sandbox/health":
                return reply_json(200, {"status": "ok"})
            case "/sandbox/clock":
                return reply_json(200, self.clock_state())
            case "/sandbox/faults":
                return reply_json(200, self.faults.state())
            case "/sandbox/telegram":
                return reply_json(200, self.bot.state())
            case "/sandbox/injuries":
                return reply_json(200, self.injuries())
            case "/sandbox/chats":
                written = chats_page(self.bot).encode()
                return Reply(200, written, _HTML, {"Content-Security-Policy": POLICY})
            case "/sandbox/":
                return self._page(dict(parse_qsl(query)).get("league", ""))
            case "/" | "/sandbox":
                return Reply(302, b"", _HTML, {"Location": "/sandbox/"})
            case path if path.startswith("/v4/"):
                return self._odds_api(path, query)
            case path if path.startswith("/bot"):
                return self._bot(path, dict(parse_qsl(query, keep_blank_values=True)))
        return reply_json(404, {"message": "Not found"})

    def put(self, path: str, body: bytes) -> Reply:
        """Set the clock, or plan what goes wrong."""
        try:
            match path:
                case "/sandbox/clock":
                    return self._set_clock(body)
                case "/sandbox/faults":
                    self.faults.replace(read_plan(body.decode()))
                    return reply_json(200, self.faults.state())
        except Unreadable as why:
            return reply_json(422, {"message": str(why)})
        except UnicodeDecodeError:
            return reply_json(422, {"message": "Send JSON"})
        return reply_json(404, {"message": "Not found"})

    def post(self, path: str, query: str, body: bytes, kind: str) -> Reply:
        """Call a method of the bot, or do what a person of Telegram does."""
        if path == "/sandbox/telegram":
            try:
                return reply_json(200, self.bot.acted(json.loads(body), self.clock.now()))
            except (ValueError, AttributeError):
                return reply_json(422, {"message": 'Send {"user": 2000000001, "text": "/start"}'})
            except BotRefused as no:
                return reply_json(422, {"message": no.description})
        if not path.startswith("/bot"):
            return reply_json(501, {"message": "Unsupported method ('POST')"})
        asked: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
        try:
            if kind.startswith("application/json"):
                told = json.loads(body or b"{}")
                asked |= told if isinstance(told, dict) else {}
            else:
                asked |= dict(parse_qsl(body.decode(), keep_blank_values=True))
        except ValueError:
            unread = BotRefused(400, "Bad Request: can't parse JSON object")
            return reply_json(unread.status, unread.body())
        return self._bot(path, asked)

    def clock_state(self) -> dict[str, Any]:
        standing = self.clock.standing
        return {
            "now": iso(self.clock.now()),
            "at": None if standing is None else iso(standing),
            "speed": self.clock.speed,
            "epoch": iso(self.world.calendar.epoch),
            "opening": iso(self.world.calendar.opening),
            "pace": self.world.pace,
        }

    def injuries(self) -> list[dict[str, Any]]:
        """Say who will not play, as far as it is known: what teams tell the press."""
        at = self.clock.now()
        return [
            {
                "sport_key": world.league.key,
                "event_id": game.id,
                "team": game.home if injury.side == 0 else game.away,
                "player": injury.player,
                "status": injury.status,
                "reported_at": iso(injury.at),
            }
            for world in self.worlds
            for game in world.injured(at)
            for injury in game.injuries(at)
        ]

    def _page(self, league: str) -> Reply:
        world = next((each for each in self.worlds if each.league.key == league), self.world)
        text = page(world, self.account, self.clock, self.worlds)
        return Reply(200, text.encode(), _HTML, {"Content-Security-Policy": POLICY})

    def _set_clock(self, body: bytes) -> Reply:
        try:
            told = json.loads(body)
            at, speed = _instant(told["at"]), float(told.get("speed", 0.0))
            if not 0.0 <= speed <= FASTEST or (speed and at is None):
                raise ValueError("There is no such speed.")
        except (ValueError, KeyError, TypeError, AttributeError):
            example = '{"at": "2026-11-20T18:00:00Z"}, "speed": 60 beside it, or null for real time'
            return reply_json(422, {"message": f"Send {example}"})
        self.clock.run(at, speed)
        return reply_json(200, self.clock_state())

    def _odds_api(self, path: str, query: str) -> Reply:
        at = self.clock.now()
        asked = dict(parse_qsl(query, keep_blank_values=True))
        fault = self.faults.struck(path, at)
        if fault is None:
            return self._remembered(path, asked, self._asked(path, asked, at))
        if fault.kind.instead:
            standing = self.account.standing(at).headers()
            answer = fault.strike(Reply(200, b""))
            return replace(answer, headers={**standing, **answer.headers})
        if fault.kind.name == "replay":
            before = self.faults.told_before(_question(path, asked))
            return before or self._asked(path, asked, at)
        if fault.kind.name == "older":
            return self._asked(path, asked, at - int(fault.options.get("seconds", _OLDER)))
        return self._spoiled(fault, self._asked(path, asked, at))

    def _remembered(self, path: str, asked: Mapping[str, str], answer: Reply) -> Reply:
        if answer.status == 200:
            self.faults.remember(_question(path, asked), answer)
        return answer

    def _spoiled(self, fault: Fault, answer: Reply) -> Reply:
        return fault.strike(answer) if answer.status == 200 else answer

    def _asked(self, path: str, asked: Mapping[str, str], at: int) -> Reply:
        """Answer as the provider: the key first, then the question, then the credits."""
        account = self.account
        try:
            account.admit(asked.get("apiKey"))
            answer = self.provider.answer(path, asked, at)
            standing = account.charge(answer.cost, at)
        except Refused as no:
            standing = account.standing(at)
            return reply_json(no.refusal.status, no.body(), standing.headers())
        except Unknown:
            return reply_json(404, {"message": "Not found"}, account.standing(at).headers())
        return reply_json(200, answer.body, standing.headers())

    def _bot(self, path: str, asked: Mapping[str, Any]) -> Reply:
        token, _, method = path.removeprefix("/bot").partition("/")
        at = self.clock.now()
        fault = self.faults.struck(f"/bot/{method}", at)
        if fault is not None and fault.kind.instead:
            return fault.strike(Reply(200, b""))
        try:
            answer = reply_json(200, call(self.bot, token, method, asked, at))
        except BotRefused as no:
            pause = no.parameters.get("retry_after")
            headers = {} if pause is None else {"Retry-After": str(pause)}
            return reply_json(no.status, no.body(), headers)
        return answer if fault is None else fault.strike(answer)


def _question(path: str, asked: Mapping[str, str]) -> str:
    """Name a question without the key that it was asked with."""
    named = sorted((name, value) for name, value in asked.items() if name != "apiKey")
    return f"{path}?{named}"


def _instant(text: str | None) -> int | None:
    """Raises: ValueError, where it is no instant with its offset."""
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("An instant says its offset.")
    return int(at.astimezone(UTC).timestamp())
