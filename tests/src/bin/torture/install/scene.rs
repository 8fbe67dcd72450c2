//! The scene: a host in a process of its own, what is asked of it, and what must be so afterwards.

use std::{collections::BTreeSet, pin::pin};

use anyhow::{Context as _, ensure};
use jackfield::clock::{Clock as _, SystemClock};
use jackfield_tests::{
    house::House,
    orders::{self, Till},
    releases,
    twin::Twin,
    victim::Victim,
};
use serde_json::Value;
use tokio::{process::Child, time::Instant};

use super::{
    disk::{Disk, Made},
    load::Load,
    moment::{Measured, Moment},
    toll::Stage,
    wish::{FIRST, Kept, Kind, Slot, listed},
};
use crate::chance::Chance;

/// How long a webhook may wait until it is parsed, in milliseconds.
const PARSED_MS: u64 = 30_000;
/// How often it is looked whether it is.
const GLANCE_MS: u64 = 20;
/// How many of the newest deliveries are looked at: as many as the host lists. Far fewer arrive
/// in a round.
const NEWEST: &str = "200";
/// How the words of a command begin that nobody answered, because there is no host any more.
const UNANSWERED: [&str; 2] = ["error: no jackfield answers", "error: the answer was cut off"];

/// The host that is killed, and what is known of it.
pub struct Scene {
    house: House,
    /// Where it is started.
    pub victim: Victim,
    disk: Disk,
    kept: Kept,
    /// Releases made so far; their count is in the version of the next one.
    made: u32,
    /// The numbers of the webhooks that were seen to be parsed.
    parsed: BTreeSet<u64>,
    _till: Twin<Till>,
}

/// A wish, ready to be asked.
struct Wish {
    kind: Kind,
    file: String,
    made: Option<Made>,
    done: Kept,
}

impl Scene {
    /// A host with the connector installed and connected, in a process of its own.
    pub async fn set_up() -> anyhow::Result<(Self, Child)> {
        let mut house = House::open().await;
        let till = Twin::launch(Till::default(), 0).await?;
        let first = releases::orders(FIRST, "0.1.0");
        house.install(FIRST, &first).await;
        orders::add(&house, &till, "orders").await;
        let endpoint = house.endpoint(FIRST);
        house.stop().await;
        let victim = Victim::of(&house, &endpoint)?.with_own_program(&house)?;
        let disk = Disk::of(&house, &first)?;
        let slot = Slot { current: "0.1.0".into(), ..Slot::default() };
        let kept = Kept::from([(FIRST.to_owned(), slot)]);
        let host = victim.open().await?;
        Ok((
            Self { house, victim, disk, kept, made: 0, parsed: BTreeSet::new(), _till: till },
            host,
        ))
    }

    /// One of the kinds that are possible now.
    pub fn choose(&self, chance: &mut Chance) -> Kind {
        let possible = Kind::ALL.into_iter().filter(|kind| kind.is_possible(&self.kept));
        // An upgrade is always possible.
        *chance.one_of(&possible.collect::<Vec<_>>())
    }

    fn wish(&mut self, kind: Kind) -> anyhow::Result<Wish> {
        self.made += 1;
        let version = format!("0.2.{}", self.made);
        let done = kind.done(&self.kept, &version);
        let mut wish = Wish { kind, file: String::new(), made: None, done };
        if kind.lets_in() {
            let release = releases::orders_with_own_code(kind.connector(), &version);
            wish.made = Some(self.disk.learn(&release)?);
            let file = releases::written(self.house.dir(), "wish", &release);
            wish.file = file.display().to_string();
        }
        Ok(wish)
    }

    /// How long wishes take; nobody is killed, so all must be as it should.
    pub async fn measure(&mut self, load: &Load) -> anyhow::Result<Measured> {
        // The first one of each is slower than those that follow.
        for kind in [Kind::Install, Kind::Upgrade, Kind::RollBack, Kind::Trial, Kind::EndTrial] {
            self.undisturbed(kind, load).await?;
        }
        let (letting_us, gates_us) = self.undisturbed(Kind::Upgrade, load).await?;
        let (short_us, _) = self.undisturbed(Kind::RollBack, load).await?;
        eprintln!(
            "letting in takes {letting_us} µs, {gates_us} µs of it compiled; others {short_us} µs"
        );
        Ok(Measured { letting_us, gates_us, short_us })
    }

    /// How long a wish takes, and how long it takes from the compiler on, in microseconds.
    async fn undisturbed(&mut self, kind: Kind, load: &Load) -> anyhow::Result<(u64, u64)> {
        let wish = self.wish(kind)?;
        let words = wish.kind.words(&wish.file);
        let micros = |since: Instant| u64::try_from(since.elapsed().as_micros());
        let begin = Instant::now();
        let compiled = async {
            Moment::COMPILED.come(&self.disk, wish.made.as_ref()).await?;
            anyhow::Ok(Instant::now())
        };
        let said = async { (self.house.types(&words).await, micros(begin), Instant::now()) };
        let (compiled, ((code, _, err), whole_us, end)) = tokio::join!(compiled, said);
        ensure!(code == 0, "{}: {err}", words.join(" "));
        let mistakes = self.mistakes(&wish, Stage::Answered, load).await?.1;
        ensure!(mistakes.is_empty(), "without a kill: {}", mistakes.join("; "));
        let gates = end.saturating_duration_since(compiled?);
        Ok((whole_us?, u64::try_from(gates.as_micros())?))
    }

    /// Asks for something, kills the host at a moment, and starts it again: how far it had come,
    /// and what is wrong now.
    pub async fn round(
        &mut self,
        kind: Kind,
        moment: Moment,
        host: &mut Child,
        load: &Load,
    ) -> anyhow::Result<(Stage, Vec<String>)> {
        let wish = self.wish(kind)?;
        let words = wish.kind.words(&wish.file);
        let said = {
            let mut saying = pin!(self.house.types(&words));
            let mut waiting = pin!(moment.come(&self.disk, wish.made.as_ref()));
            let said = tokio::select! {
                said = &mut saying => {
                    waiting.await?;
                    Some(said)
                }
                waited = &mut waiting => {
                    waited?;
                    None
                }
            };
            host.kill().await.context("the host cannot be killed")?;
            match said {
                Some(said) => said,
                None => saying.await,
            }
        };
        let stage = match (&said, &wish.made) {
            ((0, ..), _) => Stage::Answered,
            (_, Some(made)) if self.disk.is_written(made) => Stage::Written,
            (_, Some(made)) if self.disk.is_compiled(made) => Stage::Compiled,
            _ => Stage::Begun,
        };
        *host = self.victim.open().await?;
        let (stage, mut mistakes) = self.mistakes(&wish, stage, load).await?;
        let (code, _, err) = said;
        if code != 0 && !UNANSWERED.iter().any(|unanswered| err.starts_with(unanswered)) {
            mistakes.push(format!("it was refused: {err}"));
        }
        Ok((stage, mistakes))
    }

    /// What is wrong once the host serves again. Whether a wish is done that was not answered is
    /// known only now.
    async fn mistakes(
        &mut self,
        wish: &Wish,
        mut stage: Stage,
        load: &Load,
    ) -> anyhow::Result<(Stage, Vec<String>)> {
        let mut mistakes = Vec::new();
        match listed(&self.told(&["connector", "list"]).await?) {
            Ok(now) => {
                if now != wish.done && (now != self.kept || stage == Stage::Answered) {
                    mistakes.push(format!(
                        "{now:?} is installed; it was {:?}, and {:?} was wished for",
                        self.kept, wish.done
                    ));
                }
                if now == wish.done {
                    stage = stage.max(Stage::Done);
                }
                mistakes.extend(self.disk.mistakes(&now)?);
                self.kept = now;
            }
            Err(why) => mistakes.push(why),
        }
        mistakes.extend(self.unparsed(load).await?);
        let letters = self.told(&["dead-letter", "list", "--all"]).await?;
        if letters.as_array().is_none_or(|letters| !letters.is_empty()) {
            mistakes.push(format!("there are dead letters: {letters}"));
        }
        Ok((stage, mistakes))
    }

    /// What is wrong with a webhook that is sent now, if anything is.
    async fn unparsed(&mut self, load: &Load) -> anyhow::Result<Option<String>> {
        let (number, is_taken) = load.send_one().await?;
        if !is_taken {
            return Ok(Some("a webhook is not answered 200".to_owned()));
        }
        let end_ms = SystemClock.now_ms() + PARSED_MS;
        loop {
            self.look().await?;
            if self.parsed.contains(&number) {
                return Ok(None);
            }
            let now_ms = SystemClock.now_ms();
            if now_ms > end_ms {
                return Ok(Some("a webhook is not parsed".to_owned()));
            }
            SystemClock.sleep_until(now_ms + GLANCE_MS).await;
        }
    }

    /// How many webhooks were acknowledged and are not parsed in the end.
    pub async fn lost(&mut self, load: &Load) -> anyhow::Result<usize> {
        let end_ms = SystemClock.now_ms() + PARSED_MS;
        loop {
            self.look().await?;
            let lost = load.acknowledged().difference(&self.parsed).count();
            let now_ms = SystemClock.now_ms();
            if lost == 0 || now_ms > end_ms {
                return Ok(lost);
            }
            SystemClock.sleep_until(now_ms + GLANCE_MS).await;
        }
    }

    /// Looks which of the newest deliveries are parsed, and gave the event that they should.
    async fn look(&mut self) -> anyhow::Result<()> {
        let told = self.told(&["delivery", "list", "--limit", NEWEST]).await?;
        let newest = told.as_array().context("a list")?;
        let number = |one: &Value| {
            let key = one["events"][0][1].as_str()?;
            key.rsplit_once('-')?.1.parse::<u64>().ok()
        };
        let parsed = newest.iter().filter(|one| one["fate"] == "parsed").filter_map(number);
        self.parsed.extend(parsed);
        Ok(())
    }

    /// What a command prints as JSON.
    async fn told(&self, words: &[&str]) -> anyhow::Result<Value> {
        let (code, out, err) = self.house.types(&[words, &["--json"]].concat()).await;
        ensure!(code == 0, "{}: {err}", words.join(" "));
        Ok(serde_json::from_str(&out)?)
    }
}
