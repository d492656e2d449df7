"""Every periodic task: what, how often. Each is safe to run twice.

The evidence log is sequenced beside the queue, not from it: see `hefu.rooms.evidence.jobs`.
"""

from procrastinate.contrib.django import app

from hefu.rooms.bases.jobs import sweep_texts
from hefu.rooms.catalog.jobs import keep_index, look_for_people, take_up_lost_intakes
from hefu.rooms.clocks.jobs import sweep_clocks
from hefu.rooms.deliveries.jobs import retry_stalled, start_due, sweep_deliveries, watch_followers
from hefu.rooms.grants.jobs import sweep_grants, watch_idle_grants
from hefu.rooms.holdings.jobs import retry_stalled_runs, start_due_runs, thin_out_versions
from hefu.rooms.upkeep.jobs import (
    count_coverage,
    find_duplicates,
    look_at_tables,
    open_reviews,
    sketch_anew,
    tie_by_names,
)
from hefu.site.stalled import retry_stalled as retry_stalled_jobs

#: Cron expressions of six fields, the last one seconds, so that a lost worker is noticed soon.
EVERY_TEN_SECONDS = "* * * * * */10"
EVERY_MINUTE = "* * * * *"
EVERY_FIVE_MINUTES = "*/5 * * * *"
EVERY_HOUR = "7 * * * *"
EVERY_NIGHT = "37 3 * * *"

app.periodic(cron=EVERY_TEN_SECONDS)(retry_stalled_jobs)
app.periodic(cron=EVERY_TEN_SECONDS)(retry_stalled)
app.periodic(cron=EVERY_TEN_SECONDS)(watch_followers)
app.periodic(cron=EVERY_TEN_SECONDS)(keep_index)
app.periodic(cron=EVERY_TEN_SECONDS)(take_up_lost_intakes)
app.periodic(cron=EVERY_MINUTE)(sweep_grants)
app.periodic(cron=EVERY_MINUTE)(start_due)
app.periodic(cron=EVERY_TEN_SECONDS)(retry_stalled_runs)
app.periodic(cron=EVERY_MINUTE)(start_due_runs)
app.periodic(cron=EVERY_NIGHT)(thin_out_versions)
app.periodic(cron=EVERY_FIVE_MINUTES)(sweep_clocks)
app.periodic(cron=EVERY_FIVE_MINUTES)(sweep_deliveries)
app.periodic(cron=EVERY_FIVE_MINUTES)(look_for_people)
app.periodic(cron=EVERY_HOUR)(watch_idle_grants)
app.periodic(cron=EVERY_HOUR)(sweep_texts)
app.periodic(cron=EVERY_HOUR)(look_at_tables)
app.periodic(cron=EVERY_HOUR)(tie_by_names)
app.periodic(cron=EVERY_FIVE_MINUTES)(count_coverage)
app.periodic(cron=EVERY_FIVE_MINUTES)(find_duplicates)
app.periodic(cron=EVERY_HOUR)(open_reviews)
app.periodic(cron=EVERY_HOUR)(sketch_anew)
