//! Letting releases in, for the measures that do it often: past the command, through the gates.

use jackfield::{
    audit::Actor,
    connectors::{Kind, Wish},
    host::Rooms,
};

/// Lets a release in, whatever it asks for.
pub async fn let_in(rooms: &Rooms, release: &[u8], kind: Kind) -> anyhow::Result<()> {
    let review = rooms.connectors.review(release.to_vec(), true).await?;
    let wish = Wish {
        kind,
        unsigned: true,
        approval: Some(review.approval),
        watch: false,
        actor: Actor::Operator("measure".into()),
    };
    rooms.let_in(release.to_vec(), wish).await?;
    Ok(())
}

/// The memory that this process has in use, in MiB.
pub fn resident_mib() -> anyhow::Result<f64> {
    resident_mib_of("self")
}

/// The same of the process with this id.
pub fn resident_mib_of(process: &str) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
    Ok(anyhow::Context::context(kib, "the system does not tell the memory in use")? / 1024.0)
}
