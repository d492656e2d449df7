"""Addresses of upkeep."""

from django.urls import path

from hefu.portal.upkeep import covering, reviewing, tasks

app_name = "upkeep"
urlpatterns = [
    path("", covering.coverage, name="coverage"),
    path("gaps/<slug:name>", covering.gap, name="gap"),
    path("tie", covering.tie_names, name="tie_names"),
    path("entries/<uuid:pk>/ties", covering.ties, name="ties"),
    path("desk", reviewing.desk, name="desk"),
    path("desk/together", reviewing.together, name="together"),
    path("tasks/", tasks.tasks, name="tasks"),
    path("tasks/new", tasks.new_task, name="new_task"),
    path("tasks/import", tasks.import_tasks, name="import_tasks"),
    path("tasks/<uuid:pk>/", tasks.task, name="task"),
    path("tasks/<uuid:pk>/end", tasks.end_task, name="end_task"),
]
