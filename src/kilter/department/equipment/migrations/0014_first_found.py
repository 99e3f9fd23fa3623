"""Words of labels are marked in PostgreSQL's index of words, and devices are indexed by model and place.

What is no word of the model or of the place is taken for a word of the label: a mark too many costs a look, and
loses nothing. Names that are not plain ASCII mark all their words; the next edit of the device puts that right.
"""

from django.db import migrations, models

PLAIN = "'^[ -~]*$'"
WORDS = "regexp_split_to_array(lower({0}), '[^a-z0-9]+')"
MODEL = "concat_ws(' ', model.maker, model.name, model.kind)"
AROUND = """
    SELECT place.id, string_agg(around.name, ' ') AS names
    FROM equipment_location place
    JOIN equipment_location around ON place.path LIKE around.path || '%'
    GROUP BY place.id
"""
MARKED = f"""
    UPDATE equipment_search AS known
    SET words = known.words || array_to_tsvector(ARRAY(
        SELECT '=' || word FROM unnest(tsvector_to_array(known.words)) AS word
        WHERE NOT word = ANY(spoken.model) AND NOT word = ANY(spoken.place)
    ))
    FROM (
        SELECT device.id,
            CASE WHEN {MODEL} ~ {PLAIN} THEN {WORDS.format(MODEL)} ELSE '{{}}' END AS model,
            CASE WHEN places.names ~ {PLAIN} THEN {WORDS.format("places.names")} ELSE '{{}}' END AS place
        FROM equipment_device device
        JOIN equipment_devicemodel model ON model.id = device.model_id
        LEFT JOIN ({AROUND}) AS places ON places.id = device.location_id
    ) AS spoken
    WHERE spoken.id = known.rowid
"""
UNMARKED = """
    UPDATE equipment_search SET words = array_to_tsvector(ARRAY(
        SELECT word FROM unnest(tsvector_to_array(words)) AS word WHERE NOT starts_with(word, '=')
    ))
"""


def mark(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(MARKED, params=None)


def unmark(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(UNMARKED, params=None)


class Migration(migrations.Migration):
    dependencies = [("equipment", "0013_kind_codes")]

    operations = [
        migrations.AddIndex(
            "device",
            models.Index(fields=["model", "location", "asset_key"], name="equipment_model_at_place"),
        ),
        migrations.RunPython(mark, unmark),
    ]
