//! Project delivery: folder, team and plan, an invoice for each milestone, and a tidy end.

use serde_json::json;

use super::{
    business, counts, deal,
    stories::{done, milestone, put_files},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_milestone_is_invoiced_and_the_team_hears_of_it() {
    let scene = business(&["milestone"]).await;
    scene.tell("projects", "milestone.reached", &milestone()).await;
    let mut free = milestone();
    free["amount"] = json!(null);
    scene.tell("projects", "milestone.reached", &free).await;
    scene.settle().await;
    let expected = counts(&[("books invoice.create", 1), ("chat message.post", 1)]);
    assert_eq!(scene.twin.counts(), expected);
    let invoice = &scene.twin.records("books", "invoice")[0];
    assert_eq!((&invoice["total"], &invoice["date"]), (&json!("400.00"), &json!("2026-03-20")));
    let said = &scene.twin.done("chat", "message.post")[0];
    assert!(said["text"].to_string().contains(invoice["number"].as_str().unwrap()), "{said}");
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_won_project_gets_its_folder_its_team_and_its_plan() {
    let scene = business(&["customer-won", "project-start"]).await;
    scene.tell("crm", "deal.won", &deal()).await;
    scene.settle().await;
    let counted = scene.twin.counts();
    for (what, times) in [
        ("files folder.create", 1),
        ("projects project.create", 1),
        ("projects project.update", 1),
        ("projects task.create", 6),
        ("projects team.assign", 2),
    ] {
        assert_eq!(counted.get(what), Some(&times), "{what}");
    }
    let (folder, project) =
        (&scene.twin.records("files", "folder")[0], &scene.twin.records("projects", "project")[0]);
    assert_eq!((&folder["reference"], &project["folder"]), (&project["id"], &folder["id"]));
    let tasks = scene.twin.records("projects", "task");
    assert_eq!(tasks[2]["due_date"], "2026-03-09");
    assert_eq!(tasks[5]["due_date"], "2026-03-30");
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_is_done_is_invoiced_put_away_and_asked_about() {
    let scene = business(&["project-done"]).await;
    put_files(&scene.twin);
    scene.tell("projects", "project.done", &done()).await;
    scene.settle().await;
    let expected = counts(&[
        ("books invoice.create", 1),
        ("files file.archive", 2),
        ("mail feedback.request", 1),
    ]);
    assert_eq!(scene.twin.counts(), expected);
    assert_eq!(scene.twin.records("books", "invoice")[0]["total"], "800.50");
    for file in scene.twin.records("files", "file") {
        assert_eq!(file["status"], "archived");
    }
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_is_invoiced_whole_gets_no_final_invoice() {
    let scene = business(&["project-done"]).await;
    let mut done = done();
    done["invoiced"] = done["value"].clone();
    done["folder"] = json!(null);
    scene.tell("projects", "project.done", &done).await;
    scene.settle().await;
    assert_eq!(scene.twin.counts(), counts(&[("mail feedback.request", 1)]));
    scene.strike().await;
}
