"""Runs finished components on PyPI's wasmtime 44, the generation the platform runs, with host functions in Python.

Standard input: a JSON list of {"component": path, "requests": [{"method", "url", "headers": [[name, value]], "body"}]}.
Standard output: for each {"wasmtime", "imports", "exports", "answers": [{"status", "headers", "body"} or {"trap"}],
"calls": [[function, arguments]]}. Every request gets a fresh instance.
"""
import json
import sys
from importlib.metadata import version

from wasmtime import Config, Engine, Store, WasiConfig
from wasmtime.component import Component, Linker, Record, Variant, _types

# wasmtime-py drops the tag of a result when its two payloads have different Python classes, and then cannot express
# the error of result<option<T>, E>, because None's class is `object`, which every value matches. Always tag.
_types.ResultType._tagged = lambda self: True


def record(**fields):
    made = Record()
    for name, value in fields.items():
        setattr(made, name.replace("_", "-"), value)
    return made


def plain(value):
    if isinstance(value, Record):
        return {name: plain(inner) for name, inner in vars(value).items()}
    if isinstance(value, Variant):
        return {value.tag: plain(value.payload)}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "replace")
    return value


def ok(value=None):
    return Variant("ok", value)


def err(case):
    return Variant("err", case)


class Platform:
    """One installation: what the host functions answer from, and what they were asked."""

    def __init__(self):
        self.calls = []
        self.stored = {}
        self.client = record(
            client_id="c-1", client_name="Emerald City", client_type="company", is_inactive=False,
            default_currency_code="EUR", account_manager_id=None, account_manager_name=None, billing_email=None)
        self.service = record(
            service_id="s-1", service_name="Advice", item_kind="product", billing_method="usage",
            service_type_id=None, service_type_name="Hours", default_rate=1250.5, unit_of_measure="hour",
            is_active=True, sku=None)
        user = dict(tenant_id="t-1", client_name="Dev Company", user_id="u-1", user_email="ada@example.com",
                    user_name="Ada", user_type="internal")
        schedule = record(
            id="sch-1", endpoint_path="/daily", endpoint_method="POST", name="daily", cron="0 8 * * *",
            timezone="UTC", enabled=True, payload=None, last_run_at=None, last_run_status=None, last_error=None,
            created_at="2026-01-01T00:00:00Z")
        self.functions = {
            "context.get-context": lambda: record(
                request_id="r-1", tenant_id="t-1", extension_id="e-1", install_id="i-1", version_id=None),
            "secrets.get": lambda key: err("missing") if key == "missing" else ok("secret of " + key),
            "secrets.list-keys": lambda: ["api_key", "webhook_secret"],
            "http.fetch": lambda request: ok(record(
                status=200, headers=[record(name="content-type", value="application/json")], body=b'{"ok":true}')),
            "storage.get": lambda namespace, key: (
                ok(self.stored[namespace, key]) if (namespace, key) in self.stored else err("missing")),
            "storage.put": self.put,
            "storage.delete": lambda namespace, key: (
                ok() if self.stored.pop((namespace, key), None) else err("missing")),
            "storage.list-entries": lambda namespace, cursor: ok(
                [entry for (space, _), entry in sorted(self.stored.items()) if space == namespace]),
            "logging.log-info": lambda message: None,
            "logging.log-warn": lambda message: None,
            "logging.log-error": lambda message: None,
            "ui-proxy.call-route": lambda route, payload: (
                err("route-not-found") if payload is None else ok(b"answer to " + bytes(payload))),
            "user.get-user": lambda: ok(record(**user)),
            "user-v2.get-user": lambda: ok(record(**user, client_id=None, additional_fields=[("team", "blue")])),
            "scheduler.list-schedules": lambda: ok([schedule]),
            "scheduler.get-schedule": lambda name: ok(schedule if name == "sch-1" else None),
            "scheduler.create-schedule": lambda wanted: record(
                success=True, schedule_id="sch-2", error=None, field_errors=None),
            "scheduler.update-schedule": lambda name, wanted: record(success=True, error=None, field_errors=None),
            "scheduler.delete-schedule": lambda name: record(success=False, error="not found"),
            "scheduler.get-endpoints": lambda: ok(
                [record(id="ep-1", method="POST", path="/daily", handler="daily", schedulable=True)]),
            "invoicing.create-manual-invoice": lambda wanted: record(
                success=True, invoice_id="inv-1", invoice_number="2026-0001", status="draft", subtotal=100.25,
                tax=19.0, total=119.25, error=None, field_errors=None),
            "clients.list-clients": lambda wanted: ok(record(
                items=[self.client], total_count=1, page=getattr(wanted, "page") or 1, page_size=25)),
            "clients.get-client": lambda name: ok(self.client if name == "c-1" else None),
            "services.list-services": lambda wanted: ok(record(
                items=[self.service], total_count=1, page=getattr(wanted, "page") or 1, page_size=25)),
            "services.get-service": lambda name: ok(self.service) if name == "s-1" else err("invalid-input"),
        }

    def put(self, entry):
        before = self.stored.get((entry.namespace, entry.key))
        if entry.revision is not None and (before is None or before.revision != entry.revision):
            return err("conflict")
        revision = before.revision + 1 if before else 1
        stored = record(namespace=entry.namespace, key=entry.key, value=entry.value, revision=revision)
        self.stored[entry.namespace, entry.key] = stored
        return ok(stored)

    def answer(self, name):
        def call(_store, *arguments):
            self.calls.append([name, plain(list(arguments))])
            return self.functions[name](*arguments)
        return call


def link(engine, component, platform):
    linker = Linker(engine)
    linker.allow_shadowing = True
    linker.add_wasip2()
    with linker.root() as root:
        for name, item in component.type.imports(engine).items():
            if not name.startswith("alga:extension/"):
                continue
            with root.add_instance(name) as instance:
                for function, kind in item.exports(engine).items():
                    if "Func" in type(kind).__name__:
                        instance.add_func(function, platform.answer(f"{name.split('/')[1]}.{function}"))
    return linker


def run(job):
    config = Config()
    # The platform's build lacks component-model-async, and refuses what needs it.
    if hasattr(type(config), "wasm_component_model_async"):
        config.wasm_component_model_async = False
    engine = Engine(config)
    with open(job["component"], "rb") as file:
        component = Component(engine, file.read())
    platform = Platform()
    linker = link(engine, component, platform)
    answers = []
    for request in job["requests"]:
        store = Store(engine)
        store.set_wasi(WasiConfig())
        instance = linker.instantiate(store, component)
        handler = instance.get_func(store, "handler")
        body = request.get("body")
        headers = [record(name=name, value=value) for name, value in request.get("headers", [])]
        context = record(request_id="r-1", tenant_id="t-1", extension_id="e-1", install_id="i-1", version_id=None)
        http = record(method=request["method"], url=request["url"], headers=headers,
                      body=None if body is None else body.encode())
        try:
            response = handler(store, record(context=context, http=http))
            answers.append({"status": response.status, "headers": plain(response.headers), "body": plain(response.body)})
        except Exception as trap:  # the trap's own words are the answer
            answers.append({"trap": f"{type(trap).__name__}: {trap}"})
    return {
        "wasmtime": version("wasmtime"),
        "imports": list(component.type.imports(engine)),
        "exports": list(component.type.exports(engine)),
        "answers": answers,
        "calls": platform.calls,
    }


json.dump([run(job) for job in json.load(sys.stdin)], sys.stdout)
