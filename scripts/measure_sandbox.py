"""Measure the sandbox league's model on exported seasons, and print what is kept of it.

    python -m sandbox.export --seasons 200 --seed 5000 seasons.json
    python scripts/measure_sandbox.py seasons.json

The figures stand in apps/simulations/measured.py, the weights in the rulebook's first model
configuration. Ratings learn for six weeks, as those of a fresh installation do; the two weeks
after that are counted.
"""

import json
import sys
from pathlib import Path
from statistics import fmean

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from apps.rulebook.forecasting import model_artefact
from apps.rulebook.thresholds.model import ModelVariant
from apps.simulations.measured import SANDBOX_PROTOCOL
from apps.simulations.measuring import MARKETS, live_through, report_on


def main(file: Path) -> None:
    told = json.loads(file.read_text())
    artefact = model_artefact("SFL", ModelVariant.RESULTS_ONLY)
    lived = live_through(told["seasons"], artefact, SANDBOX_PROTOCOL)
    reports = {market.value: report_on(lived, market) for _, market, *_ in MARKETS}
    sys.stdout.write(json.dumps(reports, indent=4) + "\n")
    sys.stdout.write(
        f"{lived.games} games of {len(told['seasons'])} seasons from seed {told['seed']};"
        f" mean variance of an expected margin {fmean(lived.margin_variances):.2f}\n"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
