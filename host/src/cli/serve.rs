//! `jackfield serve`.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::{Context as _, anyhow};
use clap::Args;
use url::Url;

use super::Common;
use crate::{
    clock::SystemClock,
    config::{self, ADMIN, Config, INGRESS},
    dispatch::Backoff,
    host::Host,
    keys::Place,
    memory,
    store::RESERVE_BYTES,
    telemetry::{self, LogFormat},
};

/// What `serve` is told.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Where webhooks arrive [default: 127.0.0.1:8420].
    #[arg(long, env = "JACKFIELD_INGRESS", value_name = "ADDR")]
    ingress: Option<SocketAddr>,
    /// The URL under which the world sees the ingress [default: its address].
    #[arg(long, env = "JACKFIELD_PUBLIC_URL", value_name = "URL")]
    public_url: Option<Url>,
    /// Where the master key is kept [default: a file beside the data directory]: FILE, or
    /// aws-secrets-manager:NAME. JACKFIELD_MASTER_KEY holds the key itself.
    #[arg(long, env = "JACKFIELD_MASTER_KEY_FILE", value_name = "PLACE")]
    master_key: Option<Place>,
    /// A directory that is watched: a signed release that is copied there is let in.
    #[arg(long, env = "JACKFIELD_DROP_DIR", value_name = "DIR")]
    drop_dir: Option<PathBuf>,
    /// In which form the log is written [default: text].
    #[arg(long, env = "JACKFIELD_LOG_FORMAT", value_name = "FORMAT")]
    log: Option<LogFormat>,
    /// What the log lets through, such as `info,jackfield=debug`.
    #[arg(long, env = "JACKFIELD_LOG", default_value = telemetry::FILTER, value_name = "FILTER")]
    log_filter: String,
}

impl Serve {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<()> {
        let file = common.file()?;
        let format = self.log.or(file.log).unwrap_or_default();
        telemetry::start(format, &self.log_filter)
            .map_err(|why| anyhow!("`{}` is no log filter: {why}", self.log_filter))?;
        let data = common.data()?;
        let keys = common.keys(self.master_key)?;
        let config = Config {
            data,
            // The defaults are addresses.
            ingress: self.ingress.or(file.ingress).unwrap_or(INGRESS.parse()?),
            admin: common.admin.or(file.admin).unwrap_or(ADMIN.parse()?),
            public_url: self.public_url.or(file.public_url),
            reserve_bytes: file
                .reserve_mib
                .map_or(RESERVE_BYTES, |mib| mib.saturating_mul(1 << 20)),
            drop_dir: self.drop_dir.or(file.drop_dir),
            compiler: config::own_compiler().context("this program does not know its own file")?,
        };
        memory::settle();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        runtime.context("the workers cannot be started")?.block_on(async {
            let clock = Arc::new(SystemClock);
            let host = Host::start(&config, keys, clock, Backoff::default()).await?;
            told_to_stop().await?;
            tracing::info!("stopping: what is under way ends first");
            host.stop().await;
            Ok(())
        })
    }
}

/// Ctrl-C, or the word of a service manager.
async fn told_to_stop() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let what = "signals cannot be listened for";
    let mut terminate = signal(SignalKind::terminate()).context(what)?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed.context(what),
        _ = terminate.recv() => Ok(()),
    }
}
