# %% [markdown]
# # How the pipelines of a workspace did this week
# Cells in the percent format: VS Code, Spyder and Jupytext run them one by one. The blocking client works in a notebook,
# where an event loop runs already.

# %%
from collections import Counter
from datetime import UTC, datetime, timedelta

from warehouse_sync import Client

client = Client()
pipelines = client.pipelines.list()
print(len(pipelines), "pipelines")

# %%
week_ago = datetime.now(UTC) - timedelta(days=7)
runs = [run for pipeline in pipelines for run in client.runs.list(pipeline.id, start=week_ago)]
print(Counter(str(run.status) for run in runs))

# %%
loaded = Counter[str]()
for run in runs:
    loaded[run.pipeline_id] += run.successful_records or 0
for pipeline_id, records in loaded.most_common(10):
    print(f"{pipeline_id:30} {records:>10,}")

# %%
client.close()
