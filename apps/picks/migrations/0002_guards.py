"""What the database refuses about picks, whoever writes: illegal moves, edited content.

Names stay unqualified, so that functions and triggers follow the schema being migrated. The
pairs of statuses repeat rulebook.lifecycle.MOVES; a test tries every pair and holds them equal.
"""

from django.db import migrations

from apps.core.append_only import GuardAppendOnly

MOVES = """
CREATE FUNCTION pick_guard_birth() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status NOT IN ('PROPOSED', 'BLOCKED') THEN
        RAISE EXCEPTION 'A pick is born PROPOSED or BLOCKED, not %', NEW.status
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'pick_is_born_waiting_or_blocked';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION pick_guard_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.status, NEW.status) IN (
        ('PROPOSED', 'PUBLISHED'),
        ('PROPOSED', 'BLOCKED'),
        ('PROPOSED', 'EXPIRED'),
        ('PUBLISHED', 'SUPERSEDED'),
        ('PUBLISHED', 'GRADED'),
        ('SUPERSEDED', 'GRADED')
    ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'A % pick cannot become %', OLD.status, NEW.status
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'pick_moves_as_the_rules_say';
END
$$;

CREATE FUNCTION pick_guard_validity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status NOT IN ('PROPOSED', 'PUBLISHED') THEN
        RAISE EXCEPTION 'The validity of a % pick stays as it is', OLD.status
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'pick_validity_is_of_a_live_pick';
    END IF;
    IF OLD.validity_state = 'INVALIDATED' THEN
        RAISE EXCEPTION 'An INVALIDATED pick cannot become % again', NEW.validity_state
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'pick_invalidated_is_final';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER pick_birth BEFORE INSERT ON pick
    FOR EACH ROW EXECUTE FUNCTION pick_guard_birth();
CREATE TRIGGER pick_move BEFORE UPDATE OF status ON pick
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION pick_guard_move();
CREATE TRIGGER pick_validity BEFORE UPDATE OF validity_state, withdrawn_reason ON pick
    FOR EACH ROW WHEN (
        (OLD.validity_state, OLD.withdrawn_reason)
        IS DISTINCT FROM (NEW.validity_state, NEW.withdrawn_reason)
    )
    EXECUTE FUNCTION pick_guard_validity();
CREATE TRIGGER pick_stays BEFORE DELETE ON pick
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER picks_stay BEFORE TRUNCATE ON pick
    FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
"""

NO_MOVES = """
DROP TRIGGER picks_stay ON pick;
DROP TRIGGER pick_stays ON pick;
DROP TRIGGER pick_validity ON pick;
DROP TRIGGER pick_move ON pick;
DROP TRIGGER pick_birth ON pick;
DROP FUNCTION pick_guard_validity();
DROP FUNCTION pick_guard_move();
DROP FUNCTION pick_guard_birth();
"""

# Who and what: never changes.
IDENTITY = (
    "id, idempotency_key, pick_version, supersedes_id, event_id, selection_id, league,"
    " market_type, period, side, provider, source_event_id, home_team_id, away_team_id, line,"
    " run_id, batch_id, model_version, data_version, sim_config_hash, sims, market_config_hash,"
    " model_config_hash, a, b, v, model_prob, fair_prob, weight, decision_prob, edge_prob,"
    " edge_points, fair_line, config_version_id, uncapped_tier, confidence, volatility,"
    " playable_to_price, playable_to_line, proposed_at, expires_at, born_blocked,"
    " ui_contract_version"
)
# The quote is brought up to date and the outcome written while the pick waits; then it stays.
SETTLED = (
    "book_id, snapshot_id, snapshot_seq, observed_at, last_seen_at, price, price_american,"
    " payload_sha256, ev, tier, risk_flags, block_reason, block_reasons, expiry_reason,"
    " published_at, settlement_ruleset_id"
)


def row_of(which: str, columns: str) -> str:
    return "(" + ", ".join(f"{which}.{column}" for column in columns.split(", ")) + ")"


CONTENT = f"""
CREATE FUNCTION pick_guard_content() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {row_of("OLD", IDENTITY)}
        IS DISTINCT FROM {row_of("NEW", IDENTITY)}
    THEN
        RAISE EXCEPTION 'What a pick recommends is written once'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'pick_content_is_written_once';
    END IF;
    IF OLD.status <> 'PROPOSED' AND {row_of("OLD", SETTLED)}
        IS DISTINCT FROM {row_of("NEW", SETTLED)}
    THEN
        RAISE EXCEPTION 'The content of a % pick stays as it is', OLD.status
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'pick_content_is_frozen';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER pick_content BEFORE UPDATE OF
    {IDENTITY},
    {SETTLED}
    ON pick FOR EACH ROW EXECUTE FUNCTION pick_guard_content();
"""

NO_CONTENT = """
DROP TRIGGER pick_content ON pick;
DROP FUNCTION pick_guard_content();
"""

TRACKING = """
CREATE FUNCTION line_tracking_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.completed_at IS NOT NULL THEN
        RAISE EXCEPTION 'The close of pick % was taken and stays as it is', OLD.pick_id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'line_tracking_is_completed_once';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER line_tracking_completion BEFORE UPDATE ON line_tracking
    FOR EACH ROW EXECUTE FUNCTION line_tracking_guard();
CREATE TRIGGER line_tracking_stays BEFORE DELETE ON line_tracking
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER line_trackings_stay BEFORE TRUNCATE ON line_tracking
    FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER delivery_stays BEFORE DELETE ON delivery
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER deliveries_stay BEFORE TRUNCATE ON delivery
    FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
"""

NO_TRACKING = """
DROP TRIGGER deliveries_stay ON delivery;
DROP TRIGGER delivery_stays ON delivery;
DROP TRIGGER line_trackings_stay ON line_tracking;
DROP TRIGGER line_tracking_stays ON line_tracking;
DROP TRIGGER line_tracking_completion ON line_tracking;
DROP FUNCTION line_tracking_guard();
"""

# Room on every page for the next version of a row: validity changes without touching an index.
ROOM = "ALTER TABLE pick SET (fillfactor = 70); ALTER TABLE line_tracking SET (fillfactor = 70);"
NO_ROOM = "ALTER TABLE pick RESET (fillfactor); ALTER TABLE line_tracking RESET (fillfactor);"


class Migration(migrations.Migration):
    dependencies = [("picks", "0001_first_shape"), ("core", "0001_refuse_change")]

    operations = [
        migrations.RunSQL(MOVES, NO_MOVES),
        migrations.RunSQL(CONTENT, NO_CONTENT),
        migrations.RunSQL(TRACKING, NO_TRACKING),
        migrations.RunSQL(ROOM, NO_ROOM),
        GuardAppendOnly("PickChange"),
        GuardAppendOnly("ProposalRound"),
    ]
