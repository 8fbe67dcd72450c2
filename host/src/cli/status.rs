//! `jackfield status`.

use super::{
    Common, Voice, alert,
    voice::{items, text},
};

pub(super) async fn run(common: &Common, voice: &mut Voice) -> anyhow::Result<()> {
    let status = common.client()?.get("/v1/status").await?;
    voice.data(&status, |voice, status| {
        let uptime_s = status["uptime_ms"].as_u64().unwrap_or_default() / 1000;
        voice.line(&format!("jackfield {}, up {uptime_s} s", text(&status["version"])));
        voice.line(&format!("webhooks arrive at   {}", text(&status["ingress"])));
        voice.line(&format!("connectors           {}", status["connectors"]));
        let connections = &status["connections"];
        voice.line(&format!(
            "connections          {} active, {} paused",
            connections["active"], connections["paused"]
        ));
        for name in items(&connections["out_of_order"]) {
            voice.line(&format!("out of order         {}; the host's log says why", text(name)));
        }
        for name in items(&connections["needs_person"]) {
            let name = text(name);
            voice.line(&format!("needs a person       {name}; jackfield connection list says why"));
        }
        for name in items(&connections["left_alone"]) {
            let name = text(name);
            voice.line(&format!("left alone           {name}; jackfield connection list says why"));
        }
        voice.line(&format!("flows                {}", status["flows"]));
        let work = &status["work"];
        voice.line(&format!(
            "work                 {} in progress, {} waiting",
            work["in_progress"], work["waiting"]
        ));
        voice.line(&format!("dead letters         {}", status["dead_letters"]));
        voice.line(&format!("alerts               {}", alert::standing(&status["alerts"])));
        let webhooks = &status["webhooks"];
        voice.line(&format!(
            "webhooks since start {} received: {} kept, {} repeated, {} refused, {} put off",
            webhooks["received"],
            webhooks["kept"],
            webhooks["repeated"],
            webhooks["refused"],
            webhooks["shed"]
        ));
        let mib = status["disk_bytes"].as_u64().unwrap_or_default() >> 20;
        voice.line(&format!("store                {mib} MiB"));
    });
    Ok(())
}
