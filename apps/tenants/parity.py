"""Are all tenants' schemas alike? One fingerprint per schema, one statement for all."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from apps.core.db import fetch_all
from apps.tenants.models import Tenant

# Everything that makes a table what it is, as text without the schema's own name, hashed per
# schema. What belongs to public (a foreign key's target, a trigger's function) keeps its name.
_FINGERPRINTS = """
WITH wanted AS (
    SELECT oid, nspname, '\\m' || nspname || '\\.' AS own FROM pg_namespace
    WHERE nspname = ANY(%(schemas)s)
), parts AS (
    SELECT n.nspname, 'table ' || c.relname || ' ' || c.relkind::text || ' '
        || c.relpersistence::text || ' ' || COALESCE(array_to_string(c.reloptions, ','), '')
        AS part
    FROM wanted n JOIN pg_class c ON c.relnamespace = n.oid WHERE c.relkind IN ('r', 'p', 'v', 'S')
    UNION ALL
    SELECT n.nspname, 'column ' || c.relname || '.' || a.attname || ' ' || a.attnum
        || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull
        || ' ' || a.attidentity::text || ' ' || a.attgenerated::text
        || ' ' || COALESCE(regexp_replace(pg_get_expr(d.adbin, d.adrelid), n.own, '', 'g'), '')
    FROM wanted n JOIN pg_class c ON c.relnamespace = n.oid
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relkind IN ('r', 'p', 'v')
    UNION ALL
    SELECT n.nspname, 'constraint ' || c.relname || '.' || k.conname || ' ' || k.convalidated
        || ' ' || regexp_replace(pg_get_constraintdef(k.oid), n.own, '', 'g')
    FROM wanted n JOIN pg_class c ON c.relnamespace = n.oid
    JOIN pg_constraint k ON k.conrelid = c.oid
    UNION ALL
    SELECT n.nspname, 'index ' || regexp_replace(pg_get_indexdef(i.indexrelid), n.own, '', 'g')
    FROM wanted n JOIN pg_class c ON c.relnamespace = n.oid
    JOIN pg_index i ON i.indrelid = c.oid
    UNION ALL
    SELECT n.nspname, 'trigger ' || regexp_replace(pg_get_triggerdef(t.oid), n.own, '', 'g')
        || ' ' || t.tgenabled::text
    FROM wanted n JOIN pg_class c ON c.relnamespace = n.oid
    JOIN pg_trigger t ON t.tgrelid = c.oid WHERE NOT t.tgisinternal
    UNION ALL
    SELECT n.nspname, 'function ' || regexp_replace(
        pg_get_functiondef(p.oid), '\\m' || n.nspname || '\\M', '', 'g')
    FROM wanted n JOIN pg_proc p ON p.pronamespace = n.oid
)
SELECT n.nspname, md5(COALESCE(string_agg(alike, E'\\n' ORDER BY alike COLLATE "C"), ''))
FROM wanted n LEFT JOIN (
    SELECT nspname, regexp_replace(
        regexp_replace(
            regexp_replace(part, %(cast_element)s, '\\1', 'g'), %(element)s, '\\1', 'g'
        ), %(cast_array)s, '\\1', 'g') AS alike
    FROM parts
) AS spelled USING (nspname)
GROUP BY n.nspname ORDER BY n.nspname
"""

# The server spells one list of texts in two ways, before and after its own dump was read back:
# (ARRAY['A'::character varying])::text[] and ARRAY[('A'::character varying)::text].
_ONE_SPELLING = {
    "cast_element": r"\(('(?:[^']|'')*')::character varying\)::text",
    "element": r"('(?:[^']|'')*')::character varying",
    "cast_array": r"\((ARRAY\[[^\]]*\])\)::text\[\]",
}


@dataclass(frozen=True, slots=True)
class Parity:
    """How many schemas were compared, and which differ from the rest."""

    compared: int
    odd: Mapping[str, str]  # schema -> its fingerprint, where it is not the usual one
    missing: tuple[str, ...]  # tenants whose schema does not exist

    @property
    def holds(self) -> bool:
        return not self.odd and not self.missing


def fingerprints(schemas: Iterable[str]) -> dict[str, str]:
    """Return one md5 per existing schema, over its tables, columns, constraints, indexes,
    triggers and functions.
    """
    return dict(fetch_all(_FINGERPRINTS, {"schemas": list(schemas), **_ONE_SPELLING}))


def check() -> Parity:
    """Compare every tenant that has a schema; what most of them look like is the norm."""
    expected = list(Tenant.objects.with_schema().values_list("pk", flat=True))
    found = fingerprints(expected)
    usual = Counter(found.values()).most_common(1)
    return Parity(
        compared=len(found),
        odd={schema: mark for schema, mark in found.items() if mark != usual[0][0]},
        missing=tuple(schema for schema in expected if schema not in found),
    )
