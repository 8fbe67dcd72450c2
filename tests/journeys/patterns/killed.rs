//! The host is killed in each step of each pattern, before and after the step took effect, and the
//! systems end with exactly what they would have had.

use jackfield::clock::VirtualClock;
use jackfield_tests::{patterns::Patterns, twin::Moment};

use super::{
    DAY, NOON_MS, business_at,
    stories::{self, Story},
};

/// Tells the story up to its end, or to where a system hangs.
async fn play(scene: &Patterns, clock: &VirtualClock, days: u64) {
    for _ in 0..days {
        scene.settle_or_hang().await;
        if scene.twin.is_hanging() {
            return;
        }
        clock.advance(DAY);
    }
    scene.settle_or_hang().await;
}

async fn begin(scene: &Patterns, story: &Story) {
    scene.twin.begin_anew();
    (story.given)(&scene.twin);
}

/// Where a vendor cannot tell whether it has done something, a person looks and decides.
async fn decide(scene: &Patterns, was_done: bool) {
    let letters = scene.house.told(&["dead-letter", "list", "--all"]).await;
    for letter in letters.as_array().unwrap() {
        assert_eq!(letter["code"], "unknown-outcome", "{letter}");
        let word = if was_done { "happened" } else { "retry" };
        scene.house.does(&["dead-letter", word, letter["id"].as_str().unwrap()]).await;
    }
    scene.settle().await;
}

/// Tells the story once undisturbed, and then once for each step and moment with a kill there.
async fn ends_the_same_wherever_it_is_killed(story: &Story) {
    let mut clock = VirtualClock::at(NOON_MS);
    let mut scene = business_at(&clock, story.flows).await;
    let record = (story.record)();
    begin(&scene, story).await;
    scene.tell(story.connection, story.kind, &record).await;
    play(&scene, &clock, story.days).await;
    let (wanted, steps) = (scene.twin.effects(), scene.twin.asked());
    assert!(steps > story.before, "{}: nothing happened", story.flows[0]);
    assert_eq!(scene.house.dead_letters(), 0);
    for step in story.before..steps {
        for moment in [Moment::Before, Moment::After] {
            // Dates are those of the first day, so each telling begins on it.
            if story.days > 0 {
                scene.strike().await;
                clock = VirtualClock::at(NOON_MS);
                scene = business_at(&clock, story.flows).await;
            }
            begin(&scene, story).await;
            scene.twin.hang_after(step, moment);
            scene.tell(story.connection, story.kind, &record).await;
            play(&scene, &clock, story.days).await;
            assert!(scene.twin.is_hanging(), "{}: step {step} was not reached", story.flows[0]);
            scene.house.kill();
            scene.twin.answer_again();
            scene.house.start().await;
            play(&scene, &clock, story.days).await;
            decide(&scene, moment == Moment::After).await;
            let found = scene.twin.effects();
            assert_eq!(found, wanted, "{}: killed {moment:?} step {step}", story.flows[0]);
        }
    }
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_won_customer_is_set_up_once_wherever_the_host_is_killed() {
    ends_the_same_wherever_it_is_killed(&stories::CUSTOMER_WON).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supplier_gets_one_order_wherever_the_host_is_killed() {
    ends_the_same_wherever_it_is_killed(&stories::STOCK_LOW).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrived_is_billed_once_wherever_the_host_is_killed() {
    ends_the_same_wherever_it_is_killed(&stories::STOCK_RECEIVED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_milestone_is_invoiced_once_wherever_the_host_is_killed() {
    ends_the_same_wherever_it_is_killed(&stories::MILESTONE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_thanked_for_once_wherever_the_host_is_killed() {
    ends_the_same_wherever_it_is_killed(&stories::PAYMENT_RECEIVED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hours_are_invoiced_once_wherever_the_host_is_killed() {
    ends_the_same_wherever_it_is_killed(&stories::TIME_APPROVED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_reminder_is_sent_once_wherever_the_host_is_killed() {
    ends_the_same_wherever_it_is_killed(&stories::NEVER_PAID).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_put_aside_once_wherever_the_host_is_killed() {
    ends_the_same_wherever_it_is_killed(&stories::ORDER_PLACED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_set_up_once_wherever_the_host_is_killed() {
    ends_the_same_wherever_it_is_killed(&stories::PROJECT_START).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_put_away_once_wherever_the_host_is_killed() {
    ends_the_same_wherever_it_is_killed(&stories::PROJECT_DONE).await;
}
