//! What handlers know from browsers: timers, events, signals, `fetch` and its objects.

use super::testing::{answer, build_text, call, imports, refusal, try_build};

/// The interfaces of WASI that building this source ends with.
fn wasi(text: &str) -> Vec<String> {
    let mut imports = imports(&build_text(text).component);
    imports.retain(|name| name.starts_with("wasi:"));
    imports.sort();
    imports
}

const CLOCKS: [&str; 2] = ["wasi:clocks/monotonic-clock@0.2.0", "wasi:clocks/wall-clock@0.2.0"];

#[test]
fn timers_come_in_the_order_of_their_times_after_every_job() {
    let text = "
        const sleep = (ms, value) => new Promise((resolve) => setTimeout(resolve, ms, value));
        export async function handler() {
            const seen = [], start = performance.now();
            setTimeout(() => seen.push('late'), 20);
            setTimeout((a, b) => seen.push(a + b), 10, 'ear', 'ly');
            setTimeout(() => { seen.push('now'); Promise.resolve().then(() => seen.push('job of now')); });
            setTimeout(() => seen.push('behind'));
            clearTimeout(setTimeout(() => seen.push('cleared'), 1));
            queueMicrotask(() => seen.push('job'));
            await sleep(30);
            const late = performance.now() - start;
            let ticks = 0;
            await new Promise((resolve) => { const every = setInterval(() => { if (++ticks === 3) { clearInterval(every); resolve(); } }, 5); });
            await sleep(30);
            seen.push(await Promise.race([sleep(50, 'slow'), sleep(5, 'fast')]), ticks, late >= 30 && late < 50);
            return { body: seen.join() };
        }";
    assert_eq!(answer(text), "job,now,job of now,behind,early,late,fast,3,true");
}

#[test]
fn a_component_waits_by_poll_only_where_a_timer_is_named() {
    assert_eq!(wasi("export const handler = () => ({ body: null });"), CLOCKS);
    let signals = "export const handler = () => { new AbortController().abort(); return { body: null }; };";
    assert_eq!(wasi(signals), CLOCKS);
    for timer in ["setTimeout(() => {}, 1)", "globalThis.setInterval(() => {}, 1)", "AbortSignal.timeout(1)"]
    {
        let found = wasi(&format!("export const handler = () => {{ {timer}; return {{ body: null }}; }};"));
        assert_eq!(found, [CLOCKS[0], CLOCKS[1], "wasi:io/poll@0.2.0"], "{timer}");
    }
}

#[test]
fn what_a_source_does_not_name_is_not_in_its_component() {
    /// A phrase of each prelude module, and what brings it in.
    const PHRASES: [(&str, &str); 8] = [
        ("takes a function, not", "setTimeout"),
        ("an Event needs a type", "Event"),
        ("is made by an AbortController", "AbortSignal"),
        ("is not the name of a header", "Headers"),
        ("a Request needs a URL", "Request"),
        ("the status of a Response is", "Response"),
        ("a Blob is made of", "Blob"),
        ("only a Blob has the name", "FormData"),
    ];
    let has = |component: &[u8], phrase: &str| {
        component.windows(phrase.len()).any(|part| part == phrase.as_bytes())
    };
    let plain = build_text("export const handler = () => ({ body: null });").component;
    for (phrase, global) in PHRASES {
        assert!(!has(&plain, phrase), "{phrase}");
        let used =
            build_text(&format!("export const handler = () => ({{ body: typeof {global} }});")).component;
        assert!(has(&used, phrase), "{phrase}");
    }
}

#[test]
fn what_is_open_when_the_response_has_settled_is_dropped() {
    let text = "export async function handler() {
            setTimeout(() => console.log('never'), 5); setInterval(() => console.log('never'), 1);
            return { body: 'done' };
        }";
    let answer = call(&build_text(text).component);
    assert_eq!((answer.body(), answer.logs.len()), ("done", 0));
}

#[test]
fn timers_that_set_timers_give_the_processor_back() {
    let text = "export async function handler() {
            const start = performance.now();
            for (let turn = 0; turn < 25; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
            return { body: String(performance.now() - start > 75) };
        }";
    assert_eq!(answer(text), "true");
}

#[test]
fn an_error_in_a_timer_is_logged_and_ends_nothing() {
    let text = "export async function handler() {
            setTimeout(function late() {
                throw new RangeError('in a timer');
            }, 1);
            await new Promise((resolve) => setTimeout(resolve, 5));
            return { body: 'answered' };
        }";
    let answer = call(&build_text(text).component);
    assert_eq!(answer.body(), "answered");
    let [log] = answer.logs.as_slice() else { panic!("{:?}", answer.logs) };
    assert!(
        log.starts_with("error uncaught RangeError: in a timer\n    at late (src/handler.ts:3:27)"),
        "{log}"
    );
}

#[test]
fn a_timer_set_while_the_source_is_loaded_begins_with_each_call_and_is_warned_of() {
    let built = build_text(
        "let late = 'not yet';
        setTimeout(() => { late = 'over'; }, 50);
        export async function handler() {
            const before = late;
            await new Promise((resolve) => setTimeout(resolve, 100));
            return { body: `${before}, ${late}` };
        }",
    );
    let [warning] = built.warnings.as_slice() else { panic!("{:?}", built.warnings) };
    assert!(
        warning.starts_with("src/handler.ts:2:9: a timer is set while the source is loaded"),
        "{warning}"
    );
    for _ in 0..2 {
        assert_eq!(call(&built.component).body(), "not yet, over");
    }
}

#[test]
fn performance_now_is_live_and_never_goes_back() {
    let text = "export const handler = () => {
            const seen = Array.from({ length: 100 }, () => performance.now());
            return { body: String(seen[0] > 0 && seen.every((at, index) => index === 0 || at >= seen[index - 1]) && seen[99] > seen[0] && Math.abs(Date.now() - performance.timeOrigin - performance.now()) < 50) };
        };";
    let built = build_text(text);
    assert_eq!(built.warnings, [""; 0]);
    assert_eq!(call(&built.component).body(), "true");
}

#[test]
fn async_generators_answer_in_turn_and_are_closed() {
    let text = "export async function handler() {
            const seen = [];
            async function* inner() { try { const given = yield 'a'; seen.push(given); yield 'b'; } finally { await null; seen.push('inner closed'); } return 'end'; }
            async function* outer() { try { seen.push(await (yield* inner())); yield Promise.resolve('c'); } catch (error) { yield `caught ${error}`; } }
            const all = outer(), asked = [all.next(), all.next('given'), all.next(), all.next()];
            seen.push(...(await Promise.all(asked)).map((one) => one.value));
            const thrown = outer(); await thrown.next(); seen.push((await thrown.throw('late')).value, (await thrown.next()).done);
            for await (const one of outer()) { seen.push(one); break; }
            const returned = await outer().return('r'); seen.push(returned.value, returned.done);
            for await (const one of { [Symbol.iterator]: () => [1, Promise.resolve(2)].values() }) seen.push(one);
            const thenable = { then(resolve) { resolve('then'); } }; seen.push(await thenable, await Promise.resolve(thenable));
            return { body: seen.join() };
        }";
    let expected =
        "given,inner closed,end,a,b,c,,inner closed,caught late,true,a,inner closed,r,true,1,2,then,then";
    assert_eq!(answer(text), expected);
}

#[test]
fn events_go_to_their_listeners() {
    let text = "export function handler() {
            class Bus extends EventTarget {}
            const bus = new Bus(), seen = [], controller = new AbortController();
            const both = () => seen.push('both');
            bus.addEventListener('x', both); bus.addEventListener('x', both);
            bus.addEventListener('x', { handleEvent(event) { seen.push(event.detail, event.target === bus, event.eventPhase === Event.AT_TARGET); } }, { once: true });
            bus.addEventListener('x', () => seen.push('signal'), { signal: controller.signal });
            bus.addEventListener('x', (event) => { event.preventDefault(); throw new Error('one'); });
            bus.addEventListener('x', (event) => event.stopImmediatePropagation());
            bus.addEventListener('x', () => seen.push('never'));
            seen.push(bus.dispatchEvent(new CustomEvent('x', { detail: 7, cancelable: true })));
            controller.abort(); bus.removeEventListener('x', both);
            seen.push(bus.dispatchEvent(new Event('x')), String(new Event('x')));
            return { body: seen.join() };
        }";
    let answer = call(&build_text(text).component);
    assert_eq!(answer.body(), "both,7,true,true,signal,false,true,[object Event]");
    assert!(answer.logs.iter().all(|log| log.starts_with("error uncaught Error: one")), "{:?}", answer.logs);
    assert_eq!(answer.logs.len(), 2);
}

#[test]
fn signals_abort_once_together_and_in_time() {
    let text = "export async function handler() {
            const controller = new AbortController(), seen = [];
            const any = AbortSignal.any([new AbortController().signal, controller.signal]), nested = AbortSignal.any([any]);
            nested.onabort = (event) => seen.push(event.type, any.aborted);
            controller.abort(); controller.abort('again');
            try { controller.signal.throwIfAborted(); } catch (error) { seen.push(error.name, error === nested.reason); }
            const timeout = AbortSignal.timeout(20);
            await new Promise((resolve) => { timeout.onabort = resolve; });
            seen.push(timeout.reason.name, AbortSignal.abort('why').reason, AbortSignal.any([AbortSignal.abort(1)]).reason);
            for (const wrong of [() => new AbortSignal(), () => AbortSignal.timeout(-1), () => AbortSignal.any([1])]) {
                try { wrong(); } catch (error) { seen.push(error.name); }
            }
            return { body: seen.join() };
        }";
    let expected = "abort,true,AbortError,true,TimeoutError,why,1,TypeError,TypeError,TypeError";
    assert_eq!(answer(text), expected);
}

#[test]
fn headers_are_sorted_combined_and_checked() {
    let text = "export function handler() {
            const headers = new Headers([['B', ' 1 '], ['a', 'x']]);
            headers.append('b', '2'); headers.append('Set-Cookie', 'a=1, x'); headers.append('set-cookie', 'b=2'); headers.set('c', 'y'); headers.delete('A');
            const wrong = [{ 'a b': 1 }, [['a']], { a: 'x\\ny' }, null, { a: '\u{20ac}' }].map((init) => { try { new Headers(init); } catch (error) { return error.name; } });
            return { body: JSON.stringify([[...headers], headers.get('B'), headers.get('none'), headers.getSetCookie(), [...headers.keys()].length, new Set(wrong).size, wrong[0]]) };
        }";
    let expected = r#"[[["b","1, 2"],["c","y"],["set-cookie","a=1, x"],["set-cookie","b=2"]],"1, 2",null,["a=1, x","b=2"],4,1,"TypeError"]"#;
    assert_eq!(answer(text), expected);
}

#[test]
fn a_handler_may_answer_with_a_response() {
    let cases = [
        (
            "Response.json({ a: 1 }, { status: 201, headers: { 'X-A': 'b' } })",
            201,
            r#"{"a":1}"#,
            vec!["content-type: application/json", "x-a: b"],
        ),
        ("new Response('t\u{eb}xt')", 200, "t\u{eb}xt", vec!["content-type: text/plain;charset=UTF-8"]),
        ("Response.redirect('/login')", 302, "", vec!["location: /login"]),
        (
            "new Response(null, { status: 204, headers: [['set-cookie', 'a=1'], ['set-cookie', 'b=2']] })",
            204,
            "",
            vec!["set-cookie: a=1", "set-cookie: b=2"],
        ),
        ("{ status: 200, headers: [], body: 'a', arrayBuffer: undefined }", 200, "a", vec![]),
    ];
    for (response, status, body, headers) in cases {
        for handler in [format!("() => ({response})"), format!("async () => ({response})")] {
            let answer = call(&build_text(&format!("export const handler = {handler};")).component);
            assert_eq!(answer.response, Ok((status, body.to_owned())), "{response}");
            assert_eq!(answer.headers, headers, "{response}");
        }
    }
    for (response, words) in [
        ("Response.error()", "`status` of the response is 0, and the platform wants a u16"),
        ("(r => (r.text(), r))(new Response('x'))", "the body is read already"),
    ] {
        let answer = call(&build_text(&format!("export const handler = () => {response};")).component);
        assert!(answer.response.is_err() && answer.logs[0].contains(words), "{:?}", answer.logs);
    }
}

#[test]
fn bodies_are_read_once_in_every_form() {
    let text = "export async function handler() {
            const response = Response.json({ a: 1 }), twin = response.clone();
            const form = new FormData();
            form.append('a\"b', '1\\n2'); form.append('f', new Blob(['h\u{e9}'], { type: 'text/X' }), 'n.txt'); form.append('z', 'p'); form.set('z', 'q');
            const sent = new Response(form);
            const parts = []; for (const [name, part] of await sent.formData()) parts.push([name, typeof part === 'string' ? part : [part.name, part.type, await part.text()]]);
            const coded = await new Response('a=1&b=%C3%A9+x&a=2&&c', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }).formData();
            const chunks = []; for await (const chunk of new Response('ab').body) chunks.push(chunk.length);
            const blob = new Blob(['abc', Uint8Array.of(100), new Blob(['e'])], { type: 'Text/Plain' });
            const wrong = await Promise.allSettled([response.json(), response.text(), new Response('{').json(), new Response('x').formData()]);
            return { body: JSON.stringify([await twin.json(), twin.bodyUsed, wrong.map((one) => one.reason?.name ?? one.value), parts, coded.getAll('a'), coded.get('b'),
                chunks, await blob.slice(1, -1).text(), blob.size, blob.type, [...await new Response('\u{e9}').bytes()],
                (await new Response('x', { headers: { 'content-type': 'a/b' } }).blob()).type, await new Response().text(), new Response().body,
                (await new Response(new Uint8Array([1, 2]).subarray(1)).arrayBuffer()).byteLength, new File([], 'n', { lastModified: 3 }).lastModified]) };
        }";
    let expected = r#"[{"a":1},true,[{"a":1},"TypeError","SyntaxError","TypeError"],[["a\"b","1\r\n2"],["f",["n.txt","text/x","hé"]],["z","q"]],["1","2"],"é x",[2],"bcd",5,"text/plain",[195,169],"a/b","",null,1,3]"#;
    assert_eq!(answer(text), expected);
}

#[test]
fn requests_are_checked_and_normalized() {
    let text = "export async function handler() {
            const first = new Request(' HTTPS://Example.com?q=1 ', { method: 'post', body: 'x', headers: { a: '1' } }), second = new Request(first, { headers: { b: '2' } });
            const wrong = [['/a'], ['ftp://x'], ['https://u:p@x/'], ['https://x', { body: 'x' }], ['https://x', { method: 'TRACE' }], ['https://x', { signal: 1 }], []]
                .map((given) => { try { new Request(...given); } catch (error) { return `${error.name}: ${error.message}`; } });
            return { body: JSON.stringify([first.url, first.method, first.bodyUsed, [...second.headers], await second.clone().text(), wrong]) };
        }";
    let found = answer(text);
    let expected = r#"["https://example.com/?q=1","POST",true,[["b","2"]],"x",["TypeError: a request needs an absolute URL with `https:` or `http:`, not `/a`","TypeError: a request needs an absolute URL with `https:` or `http:`, not the scheme `ftp:`","TypeError: a request has no user name or password in its URL; the header `authorization` has them","TypeError: a Request with the method GET has no body","TypeError: `TRACE` is not a method of a request","TypeError: the signal of a Request is an AbortSignal","TypeError: a Request needs a URL"]]"#;
    assert_eq!(found, expected);
}

#[test]
fn fetch_goes_out_by_the_platform() {
    let text = "export async function handler() {
            const response = await fetch('https://api.example', { method: 'post', body: 'x', headers: { 'X-A': '1' } });
            const missing = await fetch(new Request('https://api.example/404#part'));
            const headers = [...response.headers].join(';');
            return { body: JSON.stringify([await response.text(), headers, response.url, missing.ok, missing.status, missing.url, missing.type,
                (await Promise.all([1, 2].map((one) => fetch(`https://api.example/${one}00`)))).map((one) => one.status)]) };
        }";
    let built = build_text(text);
    assert!(imports(&built.component).contains(&"alga:extension/http".to_owned()));
    let expected = r#"["POST https://api.example/|content-type: text/plain;charset=UTF-8|x-a: 1|x","content-type,text/x;set-cookie,a=1;set-cookie,b=2","https://api.example/",false,404,"https://api.example/404","basic",[100,200]]"#;
    assert_eq!(call(&built.component).body(), expected);
}

#[test]
fn a_denied_request_says_which_host_and_which_capability() {
    let text = "export async function handler() {
            const said = [];
            for (const url of ['https://denied.example/?secret', 'https://down.example', '/relative']) {
                try { await fetch(url); } catch (error) { said.push(`${error.name}: ${error.message} (${error.cause?.message})`); }
            }
            return { body: said.join('\\n') };
        }";
    let body = answer(text);
    let said: Vec<_> = body.lines().collect();
    assert!(said[0].starts_with("TypeError: fetch failed: GET to https://denied.example/: `denied.example` may not be asked: the extension needs the capability `cap:http.fetch`"), "{body}");
    assert!(said[0].ends_with("(not-allowed)") && !body.contains("secret"), "{body}");
    assert!(said[1].contains("`down.example` cannot be reached"), "{body}");
    assert!(said[2].contains("needs an absolute URL"), "{body}");
}

#[test]
fn redirects_are_followed_unless_the_request_says_otherwise() {
    let text = "export async function handler() {
            const headers = { authorization: 't', 'content-type': 'a/b' };
            const posted = await fetch('https://a.example/x/303', { method: 'POST', body: 'x', headers });
            const kept = await fetch('https://a.example/to//end', { method: 'POST', body: 'x', headers });
            const other = await fetch('https://a.example/to///b.example/y', { headers });
            const manual = await fetch('https://a.example/302', { redirect: 'manual' });
            const error = await fetch('https://a.example/302', { redirect: 'error' }).catch((error) => error.name);
            const endless = await fetch('https://a.example/to/https://a.example/to/302').catch((error) => error.message);
            return { body: JSON.stringify([posted.url, posted.redirected, await posted.text(), await kept.text(), await other.text(), manual.status, manual.headers.get('location'), error, endless]) };
        }";
    let expected = r#"["https://a.example/end?x",true,"GET https://a.example/end?x|authorization: t","POST https://a.example/end|authorization: t|content-type: a/b|x","GET https://b.example/y|content-type: a/b",302,"/end?x#y","TypeError","fetch failed: a.example redirects more than 20 times"]"#;
    assert_eq!(answer(text), expected);
}

#[test]
fn a_signal_is_looked_at_before_and_after_a_request() {
    let text = "export async function handler() {
            const said = [], reason = (promise) => promise.then(() => said.push('answered'), (error) => said.push(error.name ?? error));
            await reason(fetch('https://a.example/', { signal: AbortSignal.abort('before') }));
            const controller = new AbortController();
            const pending = fetch('https://a.example/', { signal: controller.signal });
            controller.abort('at once');
            await reason(pending);
            const late = new AbortController();
            setTimeout(() => late.abort('while it ran'), 1);
            // The clock of the test goes on by a millisecond whenever it is read.
            performance.now();
            await reason(fetch('https://a.example/', { signal: late.signal }));
            await reason(fetch('https://a.example/', { signal: new AbortController().signal }));
            return { body: said.join() };
        }";
    assert_eq!(answer(text), "before,at once,while it ran,answered");
}

#[test]
fn a_request_that_nobody_waits_for_is_sent() {
    let text = "export const handler = () => { fetch('https://denied.example/').catch((error) => console.log(error.name)); return { body: 'ok' }; };";
    let answer = call(&build_text(text).component);
    assert_eq!((answer.body(), answer.logs.as_slice()), ("ok", &["info TypeError".to_owned()][..]));
}

#[test]
fn a_request_while_the_source_is_loaded_is_refused_in_words() {
    let error = refusal(&[(
        "src/handler.ts",
        "const all = fetch('https://a.example/');\nexport const handler = () => all;",
    )]);
    assert!(error.contains("calls `fetch` of `alga:extension/http` while it is loaded"), "{error}");
}

#[test]
fn awaiting_outside_of_functions_runs_jobs_while_the_source_is_loaded() {
    let files = [
        ("src/handler.ts", "
            import { late, seen } from './late';
            const { own } = await import('./own');
            async function* count() { try { for (let one = 1; ; one++) yield one; } finally { seen.push('closed'); } }
            for await (const one of count()) { if (await one === 3) break; seen.push(one); }
            for await (const one of [Promise.resolve('a'), 'b']) seen.push(one);
            const both = (await Promise.all([late, Promise.resolve(1)])).join() + await own;
            let caught; try { await Promise.reject(new Error('no')); } catch (error) { caught = error.message; }
            export const handler = async () => ({ body: JSON.stringify([both, caught, seen]) });"),
        ("src/late.ts", "export const seen: unknown[] = []; export const late = await (await new Promise<() => string>((resolve) => queueMicrotask(() => resolve(() => 'late'))))();"),
        ("src/own.ts", "export const own = Promise.resolve('own');"),
    ];
    let built = try_build(&files).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(call(&built.component).body(), r#"["late,1own","no",[1,2,"closed","a","b"]]"#);
    for (text, message) in [
        (
            "type A = 1;\nawait new Promise((resolve) => setTimeout(resolve, 1));\nexport const handler = 1;",
            "the source waits, while it is loaded, for what cannot come before there is a request\n    at <anonymous> (src/handler.ts:2:14)",
        ),
        (
            "type A = 1;\nfor await (const a of [Promise.reject(new RangeError('far'))]) a;\nexport const handler = 1;",
            "far\n    at <anonymous> (src/handler.ts:2:",
        ),
    ] {
        let error = refusal(&[("src/handler.ts", text)]);
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn intl_is_warned_of_where_it_is_used_and_throws() {
    let text = "type A = 1;
        const has = typeof Intl !== 'undefined';
        export function handler() {
            let caught; try { new Intl.NumberFormat('de'); } catch (error) { caught = `${error}`; }
            return { body: `${has} ${caught}` };
        }";
    let built = build_text(text);
    let warned = "src/handler.ts:4:35: `Intl` is not there in a component; using it throws a ReferenceError";
    assert_eq!(built.warnings, [warned]);
    assert_eq!(call(&built.component).body(), "false ReferenceError: Intl is not defined");
    let built = build_text(
        "export const handler = () => ({ body: (1).toLocaleString() + new Date(0).toLocaleDateString('de', {}) });",
    );
    let [warning] = built.warnings.as_slice() else { panic!("{:?}", built.warnings) };
    assert!(warning.starts_with("src/handler.ts:1:74: `toLocaleDateString` heeds no locale"), "{warning}");
    let files = [
        (
            "src/handler.ts",
            "import a from 'a'; import b from 'a/b'; export const handler = () => ({ body: a() + b() + typeof Intl });",
        ),
        ("node_modules/a/index.js", "export default () => Intl.x;"),
        ("node_modules/a/b.js", "export default () => Intl.y + (1).toLocaleString('de');"),
    ];
    let built = try_build(&files).unwrap_or_else(|error| panic!("{error}"));
    let [warning] = built.warnings.as_slice() else { panic!("{:?}", built.warnings) };
    assert!(warning.starts_with("node_modules/a/index.js:1:22: `Intl`"), "{warning}");
}

#[test]
fn a_method_or_a_part_of_a_word_is_no_global() {
    let text = "import { http } from './own'; const prefetched = 'fetched', setTimeouts = 1;
        export const handler = () => ({ body: [http.fetch(), prefetched instanceof Function, setTimeouts].join() });";
    let own = "export const http = { fetch: () => 'own' };";
    let built = try_build(&[("src/handler.ts", text), ("src/own.ts", own)]).unwrap();
    assert!(
        !imports(&built.component).iter().any(|name| name.ends_with("/http") || name.contains("wasi:io"))
    );
}
