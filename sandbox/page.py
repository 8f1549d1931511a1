"""The page for people: what this is, what time it is, and the games around now. No script."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Final

from sandbox.clock import SandboxClock
from sandbox.protocol.account import Account
from sandbox.world import Game, World
from sandbox.world.consensus import Pooled, consensus
from sandbox.world.instants import iso
from sandbox.world.league import BOOKS
from sandbox.world.market import SPREADS, TOTALS

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_STYLE: Final = Path(__file__).with_name("page.css").read_text()
_DAY: Final = 86_400
_SHOWN: Final = 12  # finals at most
_MINUS, _MISSING = "\N{MINUS SIGN}", "\N{EM DASH}"
_WIDTH, _HEIGHT = 92, 26  # of the small charts, pixels


def page(world: World, account: Account, clock: SandboxClock, others: Sequence[World] = ()) -> str:
    """Write the page of one league as it is now, with the way to the others."""
    at = clock.now()
    ended = world.ended(at, since=at - _DAY)
    games = world.listed(at)
    in_play = [game for game in games if game.in_play(at)]
    to_come = [game for game in games if not game.in_play(at)]
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(world.league.sport.description)}, the sandbox</title>
<style>{_STYLE}</style>
</head>
<body>
<header><p>Sandbox<span>The outside world, made up. No team, book or game here is real.</span></p>
</header>
<main>
{_leagues(world, others)}<h1>{escape(world.league.sport.description)}</h1>
<p class="lead"><b>{_games(len(in_play))} in play, {len(to_come)} to come,
{len(ended)} ended in the last 24 hours.</b><br>{_clock(at, clock)}</p>
<div class="columns">
<div>
{_in_play(in_play, at)}
{_to_come(world, to_come, at)}
{_ended(world, ended)}
</div>
<div>
{_about(world, account, at)}
{_ask(world)}
{_books()}
{_strengths(world, at)}
</div>
</div>
</main>
</body>
</html>
"""


def _leagues(world: World, others: Sequence[World]) -> str:
    if len(others) < 2:
        return ""
    links = " ".join(
        f"<b>{escape(each.league.sport.title)}</b>"
        if each is world
        else f'<a href="?league={escape(each.league.key)}">{escape(each.league.sport.title)}</a>'
        for each in others
    )
    return f'<nav class="quiet" aria-label="Leagues">{links}</nav>\n'


def _clock(at: int, clock: SandboxClock) -> str:
    now = f"{_time(at, '%a %-d %b %Y, %H:%M:%S')} UTC"
    if clock.standing is None:
        return f"It is {now}. Reload to see it move."
    return f"Its clock was made to stand at {now}."


def _in_play(games: Sequence[Game], at: int) -> str:
    rows = [
        f"<tr>{_names(game)}{_score(game, at)}<td>{_game_clock(game, at)}</td></tr>"
        for game in games
    ]
    return _card("In play", "score as last told", ("Game", "Score|", "Clock"), rows)


def _to_come(world: World, games: Sequence[Game], at: int) -> str:
    rows = []
    for game in games:
        market = consensus(world, game, at)
        rows.append(
            f"<tr><td>{_time(game.commence(at), '%H:%M')}<small>{_until(game.commence(at) - at)}"
            f"</small></td>{_names(game)}{_lines(market)}"
            f'<td class="hide">{_path(game, at)}</td></tr>'
        )
    heads = ("UTC", "Game", "Spread|", "Total|", "Since it opened!")
    return _card("To come", "home side, the line of most books", heads, rows)


def _ended(world: World, games: Sequence[Game]) -> str:
    rows = [
        f"<tr><td>{_time(game.ends, '%H:%M')}</td>{_names(game)}{_score(game, game.ends)}"
        f"{_lines(consensus(world, game, game.starts - 1))}</tr>"
        for game in reversed(games[-_SHOWN:])
    ]
    heads = ("Ended, UTC", "Game", "Score|", "Close|", "Total|")
    return _card("Ended", "newest first, and where the lines closed", heads, rows)


def _about(world: World, account: Account, at: int) -> str:
    standing = account.standing(at)
    facts = {
        "Began": _stamp(world.calendar.opening),
        "Live since": _stamp(world.calendar.epoch),
        "Pace": "a game about every nine minutes"
        if world.pace == 1
        else f"{world.pace:g} times quicker than a game every nine minutes",
        "Credits": f"{standing.used:,} used this month, {standing.remaining:,} left",
        "Rate": f"{account.calls_a_second} calls a second",
    }
    rows = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts.items())
    return f"""<section><h2>What this is</h2>
<p>A server that makes up leagues and answers as an odds provider does. BeatVegas asks
it over HTTP and cannot tell it from a real one. The same seed and the same instant always
give the same answer.</p><dl>{rows}</dl></section>"""


def _ask(world: World) -> str:
    return f"""<section><h2>Ask it yourself</h2>
<p class="quiet">With the key that it was started with in place of KEY.</p>
<pre>/v4/sports/{world.league.key}/odds?apiKey=KEY&amp;regions=us&amp;markets=h2h,spreads,totals&amp;oddsFormat=american
/v4/sports/{world.league.key}/scores?apiKey=KEY&amp;daysFrom=3
/v4/sports/{world.league.key}/events?apiKey=KEY</pre>
<p class="quiet">Its clock is read and set at <code>/sandbox/clock</code>.</p></section>"""


def _books() -> str:
    rows = [
        f"<tr><td><b>{escape(book.title)}</b><small>{'sharp' if book.sharp else book.region}"
        f'</small></td><td class="number">{100 * book.margin:.1f}%</td>'
        f'<td class="number">{book.price_step} ct</td></tr>'
        for book in BOOKS
    ]
    return _card("Books", "each with habits of its own", ("Book", "Margin|", "Price step|"), rows)


def _strengths(world: World, at: int) -> str:
    day = max((at - world.calendar.opening) // _DAY, 0)
    strengths = {
        team.name: world.strengths.of_team(number, day)
        for number, team in enumerate(world.league.teams)
    }
    rows = "".join(
        f'<tr><td><b>{escape(name)}</b></td><td class="number">{_signed(margin)}</td>'
        f'<td class="number">{_signed(total)}</td></tr>'
        for name, (margin, total) in sorted(strengths.items(), key=lambda one: -one[1][0])
    )
    head = _head(("Team", "Margin|", "Total|"))
    return f"""<section><h2>The truth</h2>
<p class="quiet">How good the teams really are, in points a game against an average one. Books
have to guess it, and so has any model: no answer of the provider says it.</p>
<details><summary>Show the strengths</summary><table>{head}<tbody>{rows}</tbody></table></details>
</section>"""


def _card(title: str, note: str, heads: Sequence[str], rows: Iterable[str]) -> str:
    body = "".join(rows)
    # Narrow windows scroll the table and not the page; the keyboard can do so too.
    frame = f'<div class="wide" role="region" aria-label="{title}" tabindex="0">'
    table = f"{frame}<table>{_head(heads)}<tbody>{body}</tbody></table></div>"
    shown = table if body else '<p class="quiet">None at this instant.</p>'
    return f"<section><h2>{title} <small>{note}</small></h2>{shown}</section>"


def _head(names: Sequence[str]) -> str:
    """A name that ends in a bar stands over numbers, in an exclamation mark is left out narrow."""
    kinds = {"|": ' class="number"', "!": ' class="hide"'}
    cells = "".join(
        f'<th scope="col"{kinds.get(name[-1], "")}>{name.rstrip("|!")}</th>' for name in names
    )
    return f"<thead><tr>{cells}</tr></thead>"


def _names(game: Game) -> str:
    return f"<td><b>{escape(game.home)}</b><small>against {escape(game.away)}</small></td>"


def _score(game: Game, at: int) -> str:
    told = game.reported(at)
    home, away = told[1] if told else (0, 0)
    return f'<td class="number"><b>{home}\N{EN DASH}{away}</b></td>'


def _lines(market: dict[str, Pooled | None]) -> str:
    spread, total = market[SPREADS], market[TOTALS]
    signed = _aligned(_spread(float(spread["line"] or 0))) if spread else _MISSING
    plain = _aligned(f"{float(total['line'] or 0):g}") if total else _MISSING
    return f'<td class="number">{signed}</td><td class="number">{plain}</td>'


def _game_clock(game: Game, at: int) -> str:
    clock, code = game.clock(at), game.rules.code
    if clock >= code.regulation:
        return "Overtime" if code.overtime else "The end"
    part, parts = code.parts
    number, passed = divmod(clock, code.regulation / parts)
    left = int(code.regulation / parts - passed)
    return f"{part} {int(number) + 1}<small>{left // 60}:{left % 60:02} left</small>"


def _path(game: Game, at: int) -> str:
    """Draw where the home side's spread has been since it opened; up is a stronger home side."""
    moves = [
        (moment, belief.margin)
        for moment, belief in zip((game.listed, *game.moves), game.beliefs, strict=True)
        if moment <= at
    ]
    margins = [margin for _, margin in moves]
    low, high = min(margins), max(margins)
    spread = max(high - low, 1.0)
    whole = max(game.commence(at) - game.listed, 1)

    def place(moment: int, margin: float) -> tuple[float, float]:
        across = 2 + (_WIDTH - 8) * (moment - game.listed) / whole
        return round(across, 1), round(4 + (_HEIGHT - 8) * (high - margin) / spread, 1)

    points = [place(*moves[0])]
    for moment, margin in moves[1:]:
        across, height = place(moment, margin)
        points += [(across, points[-1][1]), (across, height)]
    points.append((place(min(at, game.commence(at)), 0)[0], points[-1][1]))
    drawn = " ".join(f"{x},{y}" for x, y in points)
    label = f"Opened at {_spread(-margins[0], 1)}, now {_spread(-margins[-1], 1)}"
    x, y = points[-1]
    return (
        f'<svg role="img" aria-label="{label}" width="{_WIDTH}" height="{_HEIGHT}"'
        f' viewBox="0 0 {_WIDTH} {_HEIGHT}"><title>{label}</title>'
        f'<line class="base" x1="2" x2="{_WIDTH - 6}" y1="{_HEIGHT - 1}" y2="{_HEIGHT - 1}"/>'
        f'<polyline class="line" points="{drawn}"/><circle class="now" cx="{x}" cy="{y}" r="2.5"/>'
        "</svg>"
    )


def _games(count: int) -> str:
    return "1 game" if count == 1 else f"{count} games"


def _spread(line: float, places: int = 0) -> str:
    written = f"{abs(line):.{places}f}" if places else f"{abs(line):g}"
    if float(written) == 0:
        return "PK"
    return f"{_MINUS if line < 0 else '+'}{written}"


def _aligned(line: str) -> str:
    """Keep whole lines over half ones, on the point."""
    pad = '<span class="pad" aria-hidden="true">.0</span>'
    return line if line.endswith(".5") else line + pad


def _signed(value: float) -> str:
    return f"{_MINUS if value < 0 else '+'}{abs(value):.1f}"


def _until(seconds: int) -> str:
    if seconds < 60:
        return "about to start"
    minutes = seconds // 60
    return f"in {minutes} min" if minutes < 60 else f"in {minutes // 60} h {minutes % 60} min"


def _time(at: int, form: str) -> str:
    return f'<time datetime="{iso(at)}">{datetime.fromtimestamp(at, UTC).strftime(form)}</time>'


def _stamp(at: int) -> str:
    return f"{_time(at, '%a %-d %b %Y, %H:%M')} UTC"
