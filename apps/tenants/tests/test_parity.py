import pytest

from apps.tenants import parity

TABLE = "django_admin_log"


def marks(cursor) -> dict[str, str]:
    """The fingerprints as the owner's open transaction sees them."""
    cursor.execute(parity._FINGERPRINTS, {"schemas": ["acme", "rival"], **parity._ONE_SPELLING})
    return dict(cursor.fetchall())


@pytest.mark.django_db
class TestFingerprints:
    def test_of_two_tenants_are_the_same(self):
        assert len(set(parity.fingerprints(["acme", "rival", "template"]).values())) == 1

    def test_of_an_unknown_schema_is_missing(self):
        assert set(parity.fingerprints(["acme", "nobody"])) == {"acme"}

    @pytest.mark.parametrize(
        "change",
        [
            f"ALTER TABLE rival.{TABLE} ADD COLUMN extra int",
            f"ALTER TABLE rival.{TABLE} ALTER COLUMN object_repr TYPE varchar(199)",
            f"ALTER TABLE rival.{TABLE} ALTER COLUMN object_repr DROP NOT NULL",
            f"ALTER TABLE rival.{TABLE} ALTER COLUMN object_repr SET DEFAULT ''",
            f"ALTER TABLE rival.{TABLE} DROP CONSTRAINT {TABLE}_action_flag_check",
            f"ALTER TABLE rival.{TABLE} RENAME CONSTRAINT {TABLE}_pkey TO other",
            f"ALTER TABLE rival.{TABLE} ADD CHECK (object_repr IN ('A', 'B'))",
            f"ALTER TABLE rival.{TABLE} SET (fillfactor = 70)",
            f"CREATE INDEX another ON rival.{TABLE} (object_repr)",
            f"CREATE TRIGGER watch BEFORE DELETE ON rival.{TABLE}"
            " FOR EACH ROW EXECUTE FUNCTION public.refuse_change()",
            "CREATE TABLE rival.extra (id int)",
            "CREATE FUNCTION rival.extra() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        ],
    )
    def test_show_every_difference(self, change, as_owner):
        before = marks(as_owner)

        as_owner.execute(change)

        after = marks(as_owner)
        assert before["rival"] == before["acme"] == after["acme"]
        assert after["rival"] != after["acme"]

    def test_do_not_mind_how_the_server_spells_a_list(self, as_owner):
        """As migrated, and as the server's own dump of it reads when it is executed."""
        as_owner.execute(
            f"ALTER TABLE acme.{TABLE} ADD CONSTRAINT known CHECK (object_repr IN ('A', 'B'));"
            f"ALTER TABLE rival.{TABLE} ADD CONSTRAINT known CHECK (object_repr::text ="
            " ANY ((ARRAY['A'::character varying, 'B'::character varying])::text[]))"
        )

        found = marks(as_owner)

        assert found["acme"] == found["rival"]

    def test_see_a_different_list(self, as_owner):
        as_owner.execute(
            f"ALTER TABLE acme.{TABLE} ADD CONSTRAINT known CHECK (object_repr IN ('A', 'B'));"
            f"ALTER TABLE rival.{TABLE} ADD CONSTRAINT known CHECK (object_repr IN ('A', 'C'))"
        )

        found = marks(as_owner)

        assert found["acme"] != found["rival"]
