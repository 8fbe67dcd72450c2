//! The `jackfield` command.
//!
//! Owns what a person types and reads. Promises an exit code of 0 (done), 1 (failed) or 2 (used
//! wrongly), `--json` wherever data is printed, and for every error one line with a hint. What
//! concerns a running host goes through its admin API: nothing here opens the store, but for
//! `init` and `serve`.

mod alert;
pub mod build;
mod check;
mod client;
mod connection;
mod connector;
mod dead_letter;
mod dev;
mod doctor;
mod file;
mod flow;
mod init;
mod inspect;
mod key;
mod new;
mod publisher;
mod records;
mod run;
mod schema;
mod serve;
mod sign_in;
mod status;
mod table;
mod test;
mod token;
mod voice;

use std::{ffi::OsString, io, path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

use crate::{
    config::{self, DATA, File, master_key_file},
    egress::EgressConfig,
    keys::{Keys, Place},
    runtime::{COMPILE, compile_here},
};
use client::Client;
use voice::Voice;

/// A WebAssembly plugin host for business systems.
#[derive(Debug, Parser)]
#[command(name = "jackfield", version, propagate_version = true, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  jackfield init                                   make a data directory and its master key
  jackfield serve                                  run the host
  jackfield connector new acme --lang toml         begin a connector without code
  jackfield connector check acme                   say all that is wrong with it
  jackfield connector build plugins/xero           make xero.wasm
  jackfield connector test plugins/xero            try it on what its system says, and on worse
  jackfield connector install xero.wasm            install it, hot
  jackfield connection add books --connector xero --set client_id=… --secret client_secret=@secret
  jackfield connection authorize books             sign in at the vendor
  jackfield flow apply flows/won-deal.toml         start what follows from an event
  jackfield dead-letter list                       see what waits for a person";

/// What every command understands.
#[derive(Debug, Args)]
struct Common {
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    json: bool,
    /// The data directory [default: jackfield-data].
    #[arg(long, global = true, env = "JACKFIELD_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// The configuration file [default: jackfield.toml, if there is one].
    #[arg(long, global = true, env = "JACKFIELD_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the admin API is [default: as the running host wrote it into the data directory].
    #[arg(long, global = true, env = "JACKFIELD_ADMIN", value_name = "ADDR")]
    admin: Option<std::net::SocketAddr>,
}

impl Common {
    /// The configuration file: the one that was named, or the usual one if it is there.
    fn file(&self) -> anyhow::Result<File> {
        let usual = PathBuf::from("jackfield.toml");
        match &self.config {
            Some(path) => Ok(File::read(path)?),
            None if usual.exists() => Ok(File::read(&usual)?),
            None => Ok(File::default()),
        }
    }

    /// The data directory.
    fn data(&self) -> anyhow::Result<PathBuf> {
        let given =
            self.data.clone().map_or_else(|| Ok(self.file()?.data), |dir| anyhow::Ok(Some(dir)));
        Ok(given?.unwrap_or_else(|| DATA.into()))
    }

    /// The keeper of the master key: at the place that was named, else that of the file, else
    /// beside the data directory.
    fn keys(&self, named: Option<Place>) -> anyhow::Result<Keys> {
        let place =
            match named.map_or_else(|| Ok(self.file()?.master_key), |p| anyhow::Ok(Some(p)))? {
                Some(place) => place,
                None => master_key_file(&self.data()?).into(),
            };
        Ok(Keys::new(place, config::environment(), EgressConfig::default()))
    }

    /// The way to the running host.
    fn client(&self) -> anyhow::Result<Client> {
        let admin = self.admin.map_or_else(|| Ok(self.file()?.admin), |a| anyhow::Ok(Some(a)));
        Client::find(&self.data()?, admin?, config::token())
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a data directory, its master key and a token for the admin API.
    Init(init::Init),
    /// Run the host until it is told to stop.
    Serve(serve::Serve),
    /// Look whether everything is in order, and say what is not.
    Doctor(doctor::Doctor),
    /// Show how the running host is.
    Status,
    /// Build, inspect and install connectors.
    #[command(subcommand)]
    Connector(connector::Connector),
    /// Add, test, pause and resume accounts at systems.
    #[command(subcommand)]
    Connection(connection::Connection),
    /// Check, try, apply, pause and start flows.
    #[command(subcommand)]
    Flow(flow::Flow),
    /// Set, list, show and remove tables in which expressions look things up.
    #[command(subcommand)]
    Table(table::Table),
    /// See the webhooks that came in, and have them parsed again.
    #[command(subcommand)]
    Delivery(records::Delivery),
    /// See what flows have done, answer those that ask, and end those that shall not go on.
    #[command(subcommand)]
    Run(run::Run),
    /// Repair what stopped.
    #[command(subcommand)]
    DeadLetter(dead_letter::DeadLetter),
    /// Have people told of what stops, and of what is mended.
    #[command(subcommand)]
    Alert(alert::Alert),
    /// Read the audit trail, and prove that it is whole.
    #[command(subcommand)]
    Audit(records::Audit),
    /// Make, list and revoke tokens for the admin API.
    #[command(subcommand)]
    Token(token::Token),
    /// Show and rotate the master key.
    #[command(subcommand)]
    Key(key::Key),
    /// Say whose releases may be installed.
    #[command(subcommand)]
    Publisher(publisher::Publisher),
    /// Print the JSON Schema of a kind of file, for editors.
    Schema(schema::Schema),
    /// Compile the component on standard input to standard output, for a host.
    #[command(name = COMPILE, hide = true)]
    Compile,
    /// Print a script that completes commands in a shell.
    Completions {
        /// Which shell.
        shell: Shell,
    },
}

/// Runs the command with what was typed, on the terminal.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut voice = Voice::terminal();
    ExitCode::from(run(args, &mut voice))
}

/// Runs the command and hands back what it said: exit code, standard output, standard error.
pub fn captured<A: Into<OsString>>(args: impl IntoIterator<Item = A>) -> (u8, String, String) {
    let mut voice = Voice::captured();
    let code = run(args.into_iter().map(Into::into), &mut voice);
    let (out, err) = voice.said();
    (code, out, err)
}

fn run(args: impl IntoIterator<Item = OsString>, voice: &mut Voice) -> u8 {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are printed as errors that are none.
            voice.usage(&error);
            return u8::try_from(error.exit_code()).unwrap_or(2);
        }
    };
    voice.set_json(cli.common.json);
    match obey(&cli.common, cli.command, voice) {
        Ok(code) => code,
        Err(error) => {
            voice.error(&error);
            1
        }
    }
}

fn obey(common: &Common, command: Command, voice: &mut Voice) -> anyhow::Result<u8> {
    match command {
        Command::Init(init) => wait(init.run(common, voice))?,
        Command::Serve(serve) => serve.run(common)?,
        Command::Doctor(doctor) => return wait(doctor.run(common, voice)),
        Command::Status => wait(status::run(common, voice))?,
        Command::Connector(connector) => return wait(connector.run(common, voice)),
        Command::Connection(connection) => wait(connection.run(common, voice))?,
        Command::Flow(flow) => wait(flow.run(common, voice))?,
        Command::Table(table) => wait(table.run(common, voice))?,
        Command::Delivery(delivery) => wait(delivery.run(common, voice))?,
        Command::Run(run) => wait(run.run(common, voice))?,
        Command::DeadLetter(letter) => wait(letter.run(common, voice))?,
        Command::Alert(alert) => wait(alert.run(common, voice))?,
        Command::Audit(audit) => wait(audit.run(common, voice))?,
        Command::Token(token) => wait(token.run(common, voice))?,
        Command::Key(key) => wait(key.run(common, voice))?,
        Command::Publisher(publisher) => wait(publisher.run(common, voice))?,
        Command::Schema(schema) => schema.run(voice),
        Command::Compile => {
            if let Err(why) = compile_here(io::stdin().lock(), io::stdout().lock()) {
                voice.complain(&why);
                return Ok(1);
            }
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "jackfield", &mut script);
            voice.line(String::from_utf8_lossy(&script).trim_end());
        }
    }
    Ok(0)
}

/// Waits for a command that talks to a host.
fn wait<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("the program cannot begin to wait")?.block_on(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_word_that_is_no_command_is_used_wrongly() {
        let (code, _, err) = captured(["jackfield", "sreve"]);
        assert_eq!(code, 2);
        assert!(err.contains("serve"), "{err}");
    }

    #[test]
    fn help_shows_examples() {
        let (code, out, _) = captured(["jackfield", "--help"]);
        assert_eq!(code, 0);
        assert!(out.contains("Examples:"), "{out}");
    }
}
