// The emulator's page: requests its data every two seconds and shows it. Strings are set as text, never as HTML.
"use strict";

const POLL = 2000;
const OPEN = 20; // pipelines with details at a time
const COLUMNS = [
  ["status", "Status"], ["id", "Pipeline"], [null, "Newest runs"], ["latest", "Latest run"], [null, "Loaded"], ["next", "Next run"],
  [null, "Schedule"], ["runs", "Runs"],
];
const view = { workspace: "", search: "", status: "", sort: "id", skip: 0, opened: new Set() };
const shown = new Map(); // the rows of each pipeline, with the data they show
let size = 100;
const find = (id) => document.getElementById(id);

function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function svgElement(name, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

const plural = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
const timestamp = (text) => (text ? text.replace("T", " ").replace(/(\.\d+)?Z$/, "") : "–");
const messages = (errors) => errors.map((error) => error.message).join(" ");

async function call(method, path, body) {
  const response = await fetch(path, { method, body: body && JSON.stringify(body) });
  const document = response.status === 204 ? null : await response.json();
  if (!response.ok) throw new Error(messages(document.errors));
  return document;
}

// A mark per run, oldest first: tall for a failed run, so that color is not needed to see it.
function recent(statuses) {
  const failed = statuses.filter((status) => status === "failed").length;
  const chart = svgElement("svg", {
    class: "recent", viewBox: "0 0 192 16", preserveAspectRatio: "none", role: "img",
    "aria-label": `${plural(statuses.length, "newest run")}, ${failed} failed`,
  });
  statuses.forEach((status, index) => {
    const height = status === "failed" ? 16 : 8;
    chart.append(svgElement("rect", { class: status, x: 8 * (24 - statuses.length + index), y: 16 - height, width: 6, height }));
  });
  return chart;
}

// A bar per run, oldest first: loaded records upwards, failed records and failed runs downwards.
function timeline(runs) {
  const width = 10 * Math.max(runs.length, 24);
  const highest = Math.max(1, ...runs.map((run) => Math.max(run.successful_records, run.failed_records)));
  const height = (records) => (records ? 4 + 26 * Math.sqrt(records / highest) : 0);
  const chart = svgElement("svg", {
    class: "timeline", viewBox: `0 0 ${width} 72`, preserveAspectRatio: "none", role: "img",
    "aria-label": `Timeline of the newest ${plural(runs.length, "run")}`,
  }, svgElement("line", { x1: 0, x2: width, y1: 36, y2: 36 }));
  runs.toReversed().forEach((run, index) => {
    const x = width - 10 * (runs.length - index) + 1;
    const title = `${run.id}: ${run.status}, ${timestamp(run.logical_date)}, ${run.successful_records} loaded, ${run.failed_records} failed`;
    const group = svgElement("g", { class: run.status }, svgElement("title", {}, title));
    const up = run.status === "failed" ? 0 : Math.max(3, height(run.successful_records));
    const down = run.status === "failed" ? Math.max(8, height(run.failed_records)) : height(run.failed_records);
    group.append(svgElement("rect", { x, y: 36 - up, width: 8, height: up }));
    group.append(svgElement("rect", { x, y: 36, width: 8, height: down, class: "failed" }));
    chart.append(group);
  });
  return chart;
}

function runTable(runs) {
  const head = ["Run", "Status", "Logical date", "Loaded", "Failed", "From", "Until", "Errors"];
  const numbers = new Set([0, 3, 4]);
  const cell = (kind, text, index) => element(kind, numbers.has(index) ? { class: "number" } : {}, String(text));
  const row = (run) => {
    const texts = [
      run.id, run.status, timestamp(run.logical_date), run.successful_records, run.failed_records,
      timestamp(run.range_start), timestamp(run.range_end), messages(run.errors),
    ];
    const tableRow = element("tr", {}, ...texts.map((text, index) => cell("td", text, index)));
    tableRow.children[1].className = run.status;
    return tableRow;
  };
  return element("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Runs" }, element("table", {},
    element("thead", {}, element("tr", {}, ...head.map((text, index) => cell("th", text, index)))),
    element("tbody", {}, ...runs.map(row))));
}

// The fields of a document, those of its sections after a point.
function fields(document, prefix = "") {
  return Object.entries(document).flatMap(([name, value]) => (value && typeof value === "object" && !Array.isArray(value)
    ? fields(value, `${prefix}${name}.`) : [[prefix + name, Array.isArray(value) ? JSON.stringify(value) : String(value)]]));
}

function list(document) {
  const pairs = fields(document).flatMap(([name, text]) => [element("dt", {}, name), element("dd", {}, text)]);
  return element("dl", {}, ...pairs);
}

function problem(errors) {
  return errors.length ? [element("p", { class: "failed" }, messages(errors))] : [];
}

function actions(pipeline) {
  const trigger = element("button", { type: "button", "data-focus": `trigger ${pipeline.id}` }, "Trigger a run");
  trigger.addEventListener("click", () => act("POST", "/_emulator/trigger", named(pipeline), `Triggered ${pipeline.id}.`));
  const fail = element("button", { type: "button", "data-focus": `fail ${pipeline.id}` }, "Let the next run fail");
  fail.addEventListener("click", () => act("POST", "/_emulator/failures", named(pipeline), `The next run of ${pipeline.id} will fail.`));
  return element("div", { class: "actions" }, trigger, fail);
}

const named = (pipeline) => ({ pipeline_id: pipeline.id, workspace_id: find("workspace").value });

function detailRow(pipeline, details) {
  const { config, ...connection } = details.connection.document;
  const { config: query, ...model } = details.data_model.document;
  const cell = element("td", { class: "details", colspan: COLUMNS.length }, ...problem(pipeline.errors), actions(pipeline));
  cell.append(details.runs.length ? timeline(details.runs) : element("p", { class: "quiet" }, "No runs yet."));
  cell.append(element("div", { class: "columns" },
    element("div", {}, element("h2", {}, `Data model ${model.id}`), ...problem(details.data_model.errors), element("pre", { tabindex: "0", "aria-label": "SQL" }, query.sql_query)),
    element("div", {}, element("h2", {}, `Connection ${connection.id}`), ...problem(details.connection.errors), list({ ...connection, config })),
    element("div", {}, element("h2", {}, "Pipeline"), list(details.document))));
  if (details.runs.length) cell.append(runTable(details.runs));
  return element("tr", { class: "open" }, cell);
}

function pipelineRow(pipeline, isOpen) {
  const toggle = element("button", { type: "button", "aria-expanded": isOpen, "data-focus": `pipeline ${pipeline.id}` }, pipeline.id);
  toggle.addEventListener("click", () => {
    if (!view.opened.delete(pipeline.id)) view.opened.add(pipeline.id);
    if (view.opened.size > OPEN) view.opened.delete([...view.opened][0]);
    refresh();
  });
  const latest = pipeline.latest;
  const name = element("td", {}, toggle);
  if (pipeline.name !== pipeline.id) name.title = pipeline.name;
  return element("tr", { class: "pipeline", "data-pipeline": pipeline.id },
    element("td", { class: `status ${pipeline.status}` }, pipeline.status),
    name,
    element("td", {}, recent(pipeline.recent)),
    element("td", latest ? { class: latest.status } : {}, latest ? `${timestamp(latest.logical_date)} ${latest.status}` : "–"),
    element("td", { class: "number" }, latest ? latest.successful_records.toLocaleString("en") : "–"),
    element("td", {}, timestamp(pipeline.next)),
    element("td", {}, pipeline.state === "active" ? pipeline.schedule : `${pipeline.schedule}, ${pipeline.state}`),
    element("td", { class: "number" }, pipeline.count.toLocaleString("en")));
}

// The rows of a pipeline, new ones only if they show something else than before.
function rowsOf(pipeline, details) {
  const text = JSON.stringify([pipeline, details]);
  if (shown.get(pipeline.id)?.text !== text) {
    const rows = [pipelineRow(pipeline, Boolean(details)), ...(details ? [detailRow(pipeline, details)] : [])];
    shown.set(pipeline.id, { text, rows });
  }
  return shown.get(pipeline.id).rows;
}

function showPipelines(data) {
  const focused = document.activeElement?.dataset?.focus;
  const ids = new Set(data.pipelines.map((each) => each.id));
  for (const id of shown.keys()) if (!ids.has(id)) shown.delete(id);
  const rows = data.pipelines.flatMap((each) => rowsOf(each, data.details[each.id]));
  const body = find("pipelines").querySelector("tbody");
  if (rows.length !== body.children.length || rows.some((row, index) => row !== body.children[index])) {
    body.replaceChildren(...rows);
    if (focused) body.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }
  const filtered = view.search || view.status;
  find("empty").textContent = filtered ? "No pipeline matches." : "No pipelines yet. Create one with the API, or POST /_emulator/seed.";
  find("empty").hidden = rows.length > 0;
  find("paging").hidden = data.found <= size;
  find("paging").querySelector("span").textContent = `${view.skip + 1} to ${view.skip + data.pipelines.length} of ${data.found.toLocaleString("en")}`;
  find("previous").disabled = view.skip === 0;
  find("next").disabled = view.skip + size >= data.found;
}

function describe(fault) {
  const effects = Object.entries(fault)
    .filter(([name, value]) => !["route", "count"].includes(name) && value && Object.keys(Object(value)).length + (typeof value !== "object"))
    .map(([name, value]) => (value === true ? name : `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`));
  const times = fault.count === null ? "every request" : `next ${plural(fault.count, "request")}`;
  return `${fault.route}: ${effects.join(", ") || "nothing"}, ${times}`;
}

function showFaults(faults) {
  find("fault-count").textContent = faults.length ? plural(faults.length, "active fault") : "none";
  find("faults").classList.toggle("active", faults.length > 0);
  find("fault-list").replaceChildren(...faults.map((fault) => element("li", {}, describe(fault))));
  find("clear").hidden = !faults.length;
}

function showHead(data) {
  size = data.page_size;
  find("now").textContent = `${timestamp(data.now)} UTC`;
  find("now").dateTime = data.now;
  find("advance").hidden = data.clock !== "virtual";
  find("system-clock").hidden = data.clock === "virtual";
  find("summary").textContent = `${plural(data.workspaces.length, "workspace")} · here ${plural(data.connections.count, "connection")}, `
    + `${plural(data.data_models.count, "data model")}, ${plural(data.found, "pipeline")} · runs are ${data.warehouse ? "real" : "simulated"}`;
  const faulty = [...data.connections.faulty, ...data.data_models.faulty].map((each) => `${each.id}: ${messages(each.errors)}`);
  find("faulty").hidden = !faulty.length;
  find("faulty").textContent = faulty.join(" · ");
}

function showFilters(data) {
  const options = data.workspaces.map((each) => {
    const option = element("option", { value: each.id }, `${each.id} (${plural(each.pipelines, "pipeline")})`);
    option.selected = each.id === data.workspace;
    return option;
  });
  replace(find("workspace"), options);
  const counts = { "": Object.values(data.statuses).reduce((a, b) => a + b, 0), ...data.statuses };
  replace(find("statuses"), Object.entries(counts).map(([status, count]) => element("button",
    { type: "button", value: status, "aria-pressed": view.status === status, class: status, "data-focus": `status ${status}` },
    `${status || "all"} ${count.toLocaleString("en")}`)));
  const [column, direction] = view.sort.startsWith("-") ? [view.sort.slice(1), "descending"] : [view.sort, "ascending"];
  replace(find("pipelines").querySelector("thead tr"), COLUMNS.map(([key, title]) => {
    const attributes = { scope: "col", ...(key === column ? { "aria-sort": direction } : {}), ...(["Loaded", "Runs"].includes(title) ? { class: "number" } : {}) };
    return element("th", attributes, key ? element("button", { type: "button", value: key, "data-focus": `sort ${key}` }, title) : title);
  }));
}

// Replace the children of a node if they differ, and keep the focus in it.
function replace(node, children) {
  if (node.innerHTML === element("div", {}, ...children.map((each) => each.cloneNode(true))).innerHTML) return;
  const focused = document.activeElement?.dataset?.focus;
  node.replaceChildren(...children);
  if (focused) node.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

function showError(error) {
  find("error").hidden = !error;
  find("error").textContent = error ? `The request to the emulator failed: ${error.message}` : "";
}

let latestRequest = 0;

async function refresh() {
  const request = ++latestRequest;
  const { search, status, sort, skip } = view;
  const query = new URLSearchParams({ search, status, sort, skip, open: [...view.opened].join(",") });
  if (view.workspace) query.set("workspace", view.workspace);
  try {
    const data = await call("GET", `/_emulator/overview?${query}`);
    if (request !== latestRequest) return; // a later request shows a newer view
    showError(null);
    showHead(data);
    showFaults(data.faults);
    showFilters(data);
    showPipelines(data);
  } catch (error) {
    showError(error);
  }
}

async function act(method, path, body, announcement) {
  try {
    document.body.setAttribute("aria-busy", "true");
    await call(method, path, body);
    find("announcement").textContent = announcement;
    await refresh();
  } catch (error) {
    showError(error);
  } finally {
    document.body.removeAttribute("aria-busy");
  }
}

function changeView(changes) {
  Object.assign(view, { skip: 0 }, changes);
  return refresh();
}

const advance = (by) => act("POST", "/_emulator/clock", { advance: by }, `Advanced the clock by ${by}.`);

function addFault(form) {
  const { route, effect, value, count } = form.elements;
  const takesValue = effect.selectedOptions[0].dataset.value !== undefined;
  const fault = { route: route.value, [effect.value]: takesValue ? Number(value.value) : true, count: count.value ? Number(count.value) : null };
  return act("POST", "/_emulator/faults", fault, "Added the fault.");
}

// Move the focus between pipelines, and close the details that have it.
function moveFocus(event) {
  const toggles = [...document.querySelectorAll(".pipeline button")];
  const index = toggles.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && (index >= 0 || document.activeElement === document.body)) {
    toggles[Math.min(Math.max(index + step, 0), toggles.length - 1)]?.focus();
    event.preventDefault();
  }
  if (event.key === "/" && !document.activeElement.matches("input, select")) {
    find("search").focus();
    event.preventDefault();
  }
  if (event.key === "Escape" && find("pipelines").contains(document.activeElement)) {
    const row = document.activeElement.closest("#pipelines > table > tbody > tr");
    const toggle = (row?.matches(".open") ? row.previousSibling : row)?.querySelector("button");
    toggle?.focus();
    if (toggle?.getAttribute("aria-expanded") === "true") toggle.click();
  }
}

find("advance").addEventListener("click", (event) => {
  if (event.target.dataset.advance) advance(event.target.dataset.advance);
});
find("advance").addEventListener("submit", (event) => {
  event.preventDefault();
  advance(event.target.elements.by.value);
});
find("fault").addEventListener("submit", (event) => {
  event.preventDefault();
  addFault(event.target);
});
find("fault").elements.effect.addEventListener("change", (event) => {
  const { value } = event.target.selectedOptions[0].dataset;
  Object.assign(find("fault").elements.value, { disabled: value === undefined, value: value ?? "" });
});
find("clear").addEventListener("click", () => act("DELETE", "/_emulator/faults", undefined, "Cleared all faults."));
find("workspace").addEventListener("change", (event) => changeView({ workspace: event.target.value }));
find("search").addEventListener("input", (event) => changeView({ search: event.target.value }));
find("statuses").addEventListener("click", (event) => {
  if (event.target.matches("button")) changeView({ status: event.target.value });
});
find("pipelines").querySelector("thead").addEventListener("click", ({ target }) => {
  if (target.matches("button")) changeView({ sort: view.sort === target.value ? `-${target.value}` : target.value });
});
find("previous").addEventListener("click", () => changeView({ skip: Math.max(0, view.skip - size) }));
find("next").addEventListener("click", () => changeView({ skip: view.skip + size }));
document.addEventListener("keydown", moveFocus);
refresh();
setInterval(() => { if (!document.hidden) refresh(); }, POLL);
