"""Addresses of upkeep."""

from django.urls import path

from hefu.portal.upkeep import covering, duplicates, ledgers, needs, reviewing, rounds, scanning, tasks, yearly

app_name = "upkeep"
urlpatterns = [
    path("", covering.coverage, name="coverage"),
    path("gaps/<slug:name>", covering.gap, name="gap"),
    path("tie", covering.tie_names, name="tie_names"),
    path("entries/<uuid:pk>/ties", covering.ties, name="ties"),
    path("desk", reviewing.desk, name="desk"),
    path("desk/together", reviewing.together, name="together"),
    path("duplicates/", duplicates.duplicates, name="duplicates"),
    path("duplicates/<uuid:pk>/", duplicates.duplicate, name="duplicate"),
    path("tasks/", tasks.tasks, name="tasks"),
    path("tasks/new", tasks.new_task, name="new_task"),
    path("tasks/import", tasks.import_tasks, name="import_tasks"),
    path("tasks/<uuid:pk>/", tasks.task, name="task"),
    path("tasks/<uuid:pk>/end", tasks.end_task, name="end_task"),
    path("entries/<uuid:pk>/assess", rounds.assess, name="assess"),
    path("entries/<uuid:pk>/comments", rounds.open_round, name="open_round"),
    path("rounds/", rounds.rounds, name="rounds"),
    path("rounds/<uuid:pk>/", rounds.round_, name="round"),
    path("rounds/<uuid:pk>/close", rounds.close, name="close_round"),
    path("rounds/<uuid:pk>/comments/<uuid:comment>", rounds.answer, name="answer"),
    path("yearly/", yearly.full_reviews, name="full_reviews"),
    path("yearly/new", yearly.open_full_review, name="open_full_review"),
    path("yearly/<uuid:pk>/", yearly.full_review, name="full_review"),
    path("yearly/<uuid:pk>/words", yearly.say, name="say_of_entries"),
    path("yearly/<uuid:pk>/close", yearly.close, name="close_full_review"),
    path("scans/", scanning.scans, name="scans"),
    path("scans/sources/<uuid:pk>", scanning.scan, name="scan"),
    path("scans/<uuid:pk>/", scanning.proposal, name="proposal"),
    path("negative", ledgers.negative, name="negative"),
    path("responsibilities", ledgers.responsibilities, name="responsibilities"),
    path("classes/", ledgers.classes, name="classes"),
    path("classes/<str:code>/", ledgers.of_class, name="of_class"),
    path("needs/", needs.needs, name="needs"),
    path("needs/new", needs.new_need, name="new_need"),
    path("needs/<str:number>/", needs.need, name="need"),
]
