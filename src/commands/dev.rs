//! `dev`

use super::Session;
use crate::cli;
use crate::dev::{self, Event, Record, RequestEvent};
use crate::error::Error;
use crate::exit::Exit;
use crate::output::Output;
use crate::serve;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::watch;

/// How long events gather before they are printed, after the first. Under load one write carries many, and requests
/// need not wake the printing thread each time.
const GATHER: Duration = Duration::from_millis(5);
/// Events printed with one write.
const BATCH: usize = 1024;
/// How long the last events may take to be printed when the server has ended.
const LAST: Duration = Duration::from_millis(500);

/// Runs `dev`.
pub(super) fn run(arguments: &cli::Dev, session: &Session) -> Result<Exit, Error> {
    let project = session.project()?;
    let options = dev::Options {
        port: arguments.port,
        data: arguments.data.as_ref().map(|path| session.path(path)),
        watch: !arguments.no_watch,
        as_production: arguments.as_production,
        cache: session.cache.clone(),
        tools: session.tools.clone(),
    };
    session.block_on(async {
        // Nothing is sent: it closes when nothing is printed any more.
        let (printing, mut printed) = watch::channel(());
        let output = session.output.clone();
        let follow = |events| {
            // Printing may block on a slow reader; requests must not wait for it.
            std::thread::spawn(move || {
                // A reader that went away ends the server.
                let _ = print(&output, events);
                drop(printing);
            });
        };
        let stop = async {
            tokio::select! {
                () = serve::interrupted() => {}
                _ = printed.changed() => {}
            }
        };
        dev::run(project, options, follow, stop).await?;
        let _ = tokio::time::timeout(LAST, printed.changed()).await;
        Ok(Exit::Done)
    })
}

/// Prints events until there are no more, or nobody reads them.
fn print(output: &Output, mut events: Receiver<Arc<Record>>) -> Result<(), Error> {
    let missed = |count| output.detail(&format!("{count} events were not printed"));
    loop {
        let mut records = Vec::new();
        match events.blocking_recv() {
            Ok(record) => records.push(record),
            Err(RecvError::Lagged(count)) => missed(count),
            Err(RecvError::Closed) => return Ok(()),
        }
        while records.len() < BATCH {
            match events.try_recv() {
                Ok(record) => records.push(record),
                Err(TryRecvError::Lagged(count)) => missed(count),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        output.events(records.iter().map(|record| &record.event), |event| say(output, event))?;
        std::thread::sleep(GATHER);
    }
}

/// An event as one line for people, or a few; empty when there is nothing to say.
fn say(output: &Output, event: &Event) -> String {
    match event {
        Event::Listening { url, extension } => {
            format!("{} serves `{extension}` (Ctrl-C ends it)", output.paint(url, "1"))
        }
        Event::Building => String::new(),
        Event::Built { size, duration_us, warnings, .. } => {
            let size = size.map(|size| format!(", {} KiB", size.div_ceil(1024))).unwrap_or_default();
            let built = format!("built in {}{size}", duration(*duration_us));
            warnings.iter().fold(built, |lines, warning| {
                format!("{lines}\n{} {warning}", output.paint("warning:", "33"))
            })
        }
        Event::BuildFailed { message, still_serving } => {
            let rest = if *still_serving { "\nthe last good version still answers" } else { "" };
            format!("{} {message}{rest}", output.paint("error:", "1;31"))
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
            format!("  {} {message}", output.paint(level, style))
        }
        Event::CspBlocked { blocked, directive, source } => {
            let warning = output.paint("warning:", "33");
            format!("{warning} the content security policy ({directive}) blocked {blocked} at {source}")
        }
        Event::Warning { message } => format!("{} {message}", output.paint("warning:", "33")),
    }
}

fn request_line(output: &Output, request: &RequestEvent) -> String {
    let style = match request.status {
        0..400 => "32",
        400..500 => "33",
        _ => "31",
    };
    let status = output.paint(&request.status.to_string(), style);
    let mut lines = format!("{} {} {status} {}", request.method, request.path, duration(request.duration_us));
    for more in request.detail.iter().chain(&request.notes).flat_map(|text| text.lines()) {
        lines.push_str("\n  ");
        lines.push_str(more);
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
