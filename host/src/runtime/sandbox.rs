//! What stands behind one instance: its windows onto the host, its meter, and the little of WASI
//! that a language's standard library needs. Made for one call and dropped with it, but for those
//! that `warm` keeps, which have nothing behind their windows.

use std::{sync::Arc, time::Duration};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use wasmtime::component::{HasData, HasSelf, Linker, ResourceTable};
use wasmtime_wasi::{
    WasiCtx, WasiCtxView, WasiView,
    cli::{WasiCli, WasiCliView as _},
    clocks::{HostWallClock, WasiClocks, WasiClocksView as _},
    p2::{bindings as wasi, pipe::MemoryOutputPipe},
    random::WasiRandom,
};
use wasmtime_wasi_http::{WasiHttp, WasiHttpCtx, WasiHttpCtxView, p2::bindings::http as wasi_http};

use super::{
    RuntimeError,
    limits::{Limits, Meter},
};
use crate::{
    capabilities::{Context, Http, Log, Manifest, Secrets, Storage, Window},
    contract,
};

/// Standard error that is kept of one call, for the log; what comes after is refused.
const STDERR_BYTES_MAX: usize = 64 << 10;
/// Handles that a guest may hold at the same time.
const HANDLES_MAX: usize = 256;

/// Answers the row of a key in a table, as JSON, from the tables that a call reaches; none for
/// any other table.
pub type Rows = Arc<dyn Fn(&str, &str) -> Option<Option<String>> + Send + Sync>;

/// The operator's tables, as far as the call that is under way reaches them.
#[derive(Default)]
pub(super) struct Tables(Option<Rows>);

impl contract::tables::Host for Tables {
    fn row(&mut self, table: String, key: String) -> Result<Option<String>, ()> {
        self.0.as_ref().and_then(|rows| rows(&table, &key)).ok_or(())
    }
}

/// The data of a store.
pub(super) struct Sandbox {
    pub(super) window: Window,
    pub(super) meter: Meter,
    tables: Tables,
    stderr: MemoryOutputPipe,
    wasi: WasiCtx,
    wasi_http: WasiHttpCtx,
    table: ResourceTable,
}

impl Sandbox {
    pub(super) fn new(window: Window, limits: Limits) -> Self {
        let stderr = MemoryOutputPipe::new(STDERR_BYTES_MAX);
        let wasi = own(&window, &stderr);
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES_MAX);
        Self {
            window,
            meter: Meter::new(limits),
            tables: Tables::default(),
            wasi,
            wasi_http: WasiHttpCtx::new(),
            stderr,
            table,
        }
    }

    /// Begins a call in an instance that may have had others: the whole budget, its own tables.
    pub(super) fn begin(&mut self, limits: Limits, rows: Option<Rows>) {
        self.meter.begin(limits);
        self.tables = Tables(rows);
    }

    /// Ends such a call and answers how large the linear memory is by now, in bytes.
    pub(super) fn end(&mut self) -> usize {
        self.tables = Tables::default();
        self.meter.memory_bytes
    }

    /// What the guest wrote to standard error: a panic's message, above all.
    pub(super) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr.contents()).trim_end().to_owned()
    }

    /// Requests of `wasi:http`: the standard's resources, and our way out behind them.
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: &mut self.window.http,
            table: &mut self.table,
            ctx: &mut self.wasi_http,
        }
    }

    /// Passes what the guest wrote to standard error on to its log, a line each.
    pub(super) fn tell_stderr(&mut self) {
        self.stderr().lines().for_each(|line| self.window.log.stderr(line));
    }
}

/// What of WASI is a call's own: its time, which stands still as that of the window does, its random
/// numbers, which come again with their seed, and where its standard error goes.
fn own(window: &Window, stderr: &MemoryOutputPipe) -> WasiCtx {
    let mut random = StdRng::from_seed(window.seed.0);
    let insecure = StdRng::from_rng(&mut random);
    let seed = u128::from(random.next_u64()) << 64 | u128::from(random.next_u64());
    let mut wasi = WasiCtx::builder();
    wasi.stderr(stderr.clone())
        .insecure_random_seed(seed)
        .insecure_random(insecure)
        .secure_random(random);
    // The host's own components, which have no time of a call, see the machine's.
    if let Some(now_ms) = window.context.now_ms {
        wasi.wall_clock(Still(Duration::from_millis(now_ms)));
    }
    wasi.build()
}

/// A clock that stands still.
struct Still(Duration);

impl HostWallClock for Still {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        self.0
    }
}

impl WasiView for Sandbox {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// Which part of a sandbox the streams of WASI work on.
struct Streams;

impl HasData for Streams {
    type Data<'a> = &'a mut ResourceTable;
}

/// Everything that a component can import; an import that is not here does not exist.
pub(super) fn link(linker: &mut Linker<Sandbox>) -> Result<(), RuntimeError> {
    windows(linker)
        .and_then(|()| standard_library(linker))
        .and_then(|()| http(linker))
        .map_err(RuntimeError::Engine)
}

fn windows(l: &mut Linker<Sandbox>) -> wasmtime::Result<()> {
    contract::http::add_to_linker::<_, HasSelf<Http>>(l, |s| &mut s.window.http)?;
    contract::secrets::add_to_linker::<_, HasSelf<Secrets>>(l, |s| &mut s.window.secrets)?;
    contract::storage::add_to_linker::<_, HasSelf<Storage>>(l, |s| &mut s.window.storage)?;
    contract::context::add_to_linker::<_, HasSelf<Context>>(l, |s| &mut s.window.context)?;
    contract::log::add_to_linker::<_, HasSelf<Log>>(l, |s| &mut s.window.log)?;
    contract::manifest::add_to_linker::<_, HasSelf<Manifest>>(l, |s| &mut s.window.manifest)?;
    contract::tables::add_to_linker::<_, HasSelf<Tables>>(l, |s| &mut s.tables)
}

/// Clocks, random numbers and standard streams; an empty environment, because Rust's C library
/// asks for one; no files and no sockets.
fn standard_library(l: &mut Linker<Sandbox>) -> wasmtime::Result<()> {
    wasi::io::error::add_to_linker::<_, Streams>(l, |s| &mut s.table)?;
    wasi::io::poll::add_to_linker::<_, Streams>(l, |s| &mut s.table)?;
    wasi::io::streams::add_to_linker::<_, Streams>(l, |s| &mut s.table)?;
    wasi::clocks::wall_clock::add_to_linker::<_, WasiClocks>(l, Sandbox::clocks)?;
    wasi::clocks::monotonic_clock::add_to_linker::<_, WasiClocks>(l, Sandbox::clocks)?;
    wasi::random::random::add_to_linker::<_, WasiRandom>(l, |s| s.wasi.random())?;
    wasi::random::insecure::add_to_linker::<_, WasiRandom>(l, |s| s.wasi.random())?;
    wasi::random::insecure_seed::add_to_linker::<_, WasiRandom>(l, |s| s.wasi.random())?;
    wasi::cli::environment::add_to_linker::<_, WasiCli>(l, Sandbox::cli)?;
    wasi::cli::exit::add_to_linker::<_, WasiCli>(l, Sandbox::cli)?;
    wasi::cli::stdin::add_to_linker::<_, WasiCli>(l, Sandbox::cli)?;
    wasi::cli::stdout::add_to_linker::<_, WasiCli>(l, Sandbox::cli)?;
    wasi::cli::stderr::add_to_linker::<_, WasiCli>(l, Sandbox::cli)?;
    wasi::cli::terminal_input::add_to_linker::<_, WasiCli>(l, Sandbox::cli)?;
    wasi::cli::terminal_output::add_to_linker::<_, WasiCli>(l, Sandbox::cli)?;
    wasi::cli::terminal_stdin::add_to_linker::<_, WasiCli>(l, Sandbox::cli)?;
    wasi::cli::terminal_stdout::add_to_linker::<_, WasiCli>(l, Sandbox::cli)?;
    wasi::cli::terminal_stderr::add_to_linker::<_, WasiCli>(l, Sandbox::cli)
}

/// `wasi:http` outwards: what it sends goes the way of the window `http`. Nothing comes in by it.
fn http(l: &mut Linker<Sandbox>) -> wasmtime::Result<()> {
    let options = wasi_http::types::LinkOptions::default();
    wasi_http::types::add_to_linker::<_, WasiHttp>(l, &options, Sandbox::http)?;
    wasi_http::outgoing_handler::add_to_linker::<_, WasiHttp>(l, Sandbox::http)
}
