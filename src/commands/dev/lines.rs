//! Events of the dev server as people read them: what a guest, a caller or a page wrote cannot take hold of the terminal.

use crate::dev::{Event, RequestEvent};
use crate::output::{Output, plain, plain_lines};

/// An event as one line for people, or a few; empty when there is nothing to say.
pub(super) fn of(output: &Output, event: &Event) -> String {
    match event {
        Event::Listening { url, extension } => {
            format!("{} serves `{}` (Ctrl-C ends it)", output.paint(url, "1"), plain(extension))
        }
        Event::Building => String::new(),
        Event::Built { size, duration_us, warnings, .. } => {
            let size = size.map(|size| format!(", {} KiB", size.div_ceil(1024))).unwrap_or_default();
            let built = format!("built in {}{size}", duration(*duration_us));
            warnings.iter().fold(built, |lines, warning| {
                format!("{lines}\n{} {}", output.paint("warning:", "33"), plain_lines(warning))
            })
        }
        Event::BuildFailed { message, still_serving } => {
            let rest = if *still_serving { "\nthe last good version still answers" } else { "" };
            format!("{} {}{rest}", output.paint("error:", "1;31"), plain_lines(message))
        }
        Event::Swapped { changed, duration_us, .. } => {
            format!("{} ready in {}", changed.join(", "), duration(*duration_us))
        }
        Event::Request(request) => request_line(output, request),
        Event::Log { level, message, .. } => {
            let style = match *level {
                "error" => "31",
                "warn" => "33",
                _ => "2",
            };
            format!("  {} {}", output.paint(level, style), plain_lines(message))
        }
        Event::CspBlocked { blocked, directive, source } => {
            let warning = output.paint("warning:", "33");
            let (directive, blocked, source) = (plain(directive), plain(blocked), plain(source));
            format!("{warning} the content security policy ({directive}) blocked {blocked} at {source}")
        }
        Event::Warning { message } => {
            format!("{} {}", output.paint("warning:", "33"), plain_lines(message))
        }
    }
}

fn request_line(output: &Output, request: &RequestEvent) -> String {
    let style = match request.status {
        0..400 => "32",
        400..500 => "33",
        _ => "31",
    };
    let status = output.paint(&request.status.to_string(), style);
    let (method, path) = (plain(&request.method), plain(&request.path));
    let mut lines = format!("{method} {path} {status} {}", duration(request.duration_us));
    for more in request.detail.iter().chain(&request.notes).flat_map(|text| text.lines()) {
        lines.push_str("\n  ");
        lines.push_str(&plain_lines(more));
    }
    lines
}

/// Microseconds in the unit a person would choose.
fn duration(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{}.{} ms", us / 1_000, us % 1_000 / 100),
        _ => format!("{}.{} s", us / 1_000_000, us % 1_000_000 / 100_000),
    }
}
