from django.db import migrations

from kilter.department.ledger.append_only import AppendOnly
from kilter.department.work.wording import words_of


def index_words(apps, schema_editor):
    """Index the words of the jobs that were here before."""
    words = apps.get_model("work", "JobWord")
    rows = (
        apps.get_model("work", "Job")
        .objects.filter(kind__in=("fault", "other"))
        .values_list("pk", "device__model_id", "text")
    )
    made = (
        words(job_id=pk, model_id=model, word=word)
        for pk, model, text in rows.iterator(chunk_size=2000)
        for word in words_of(text)
    )
    words.objects.bulk_create(made, batch_size=2000)


class Migration(migrations.Migration):
    dependencies = [("work", "0002_course_stores_clocks"), ("ledger", "0002_append_only")]

    operations = [
        AppendOnly("work_jobevent"),
        AppendOnly("work_labour"),
        AppendOnly("work_jobtest"),
        AppendOnly("work_target"),
        AppendOnly("work_stockmove"),
        AppendOnly("work_wardreport"),
        migrations.RunPython(index_words, migrations.RunPython.noop),
    ]
