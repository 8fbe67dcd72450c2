//! Order to cash: from an order to its pick list, and from an empty shelf to the supplier's bill.

use serde_json::json;

use super::{
    business, counts,
    stories::{arrived, flour, mill, order, stock},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_shelf_is_filled_by_the_supplier() {
    let scene = business(&["stock-low"]).await;
    scene.twin.give("stock", "product", flour());
    let low = json!({ "product": "FLOUR-25", "on_hand": "8", "threshold": "10" });
    scene.tell("stock", "stock.low", &low).await;
    scene.settle().await;
    // It goes on falling, and is on its way.
    let low = json!({ "product": "FLOUR-25", "on_hand": "2", "on_order": "40" });
    scene.tell("stock", "stock.low", &low).await;
    scene.settle().await;
    let expected = counts(&[("mail message.send", 1), ("suppliers purchase_order.create", 1)]);
    assert_eq!(scene.twin.counts(), expected);
    let order = &scene.twin.records("suppliers", "purchase_order")[0];
    assert_eq!((&order["supplier"], &order["total"]), (&json!("s-8"), &json!("568.00")));
    let mail = &scene.twin.done("mail", "message.send")[0];
    assert_eq!(mail["to"], "orders@weirmill.example");
    assert_eq!(mail["reference"], order["number"]);
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bill_is_for_what_arrived() {
    let scene = business(&["stock-received"]).await;
    scene.twin.give("suppliers", "contact", mill());
    scene.tell("suppliers", "stock.received", &arrived()).await;
    scene.settle().await;
    let expected = counts(&[("books bill.create", 1), ("books contact.upsert", 1)]);
    assert_eq!(scene.twin.counts(), expected);
    let bill = &scene.twin.records("books", "bill")[0];
    assert_eq!(bill["contact"], scene.twin.records("books", "contact")[0]["id"]);
    assert_eq!((&bill["purchase_order"], &bill["total"]), (&json!("po-31"), &json!("539.60")));
    assert_eq!(bill["lines"].as_array().map(Vec::len), Some(1));
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_delivery_is_billed_to_nobody() {
    let scene = business(&["stock-received"]).await;
    let mut nothing = arrived();
    nothing["lines"][0]["received"] = "0".into();
    scene.tell("suppliers", "stock.received", &nothing).await;
    scene.settle().await;
    assert_eq!(scene.twin.effects(), []);
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_puts_its_stock_aside_and_becomes_a_pick_list() {
    let scene = business(&["order-placed"]).await;
    scene.twin.give("stock", "stock_level", stock("FLOUR-25", "10"));
    scene.tell("shop", "order.placed", &order()).await;
    scene.settle().await;
    // What is short is picked as far as it goes, and somebody hears of it.
    let expected = counts(&[
        ("chat message.post", 1),
        ("stock pick_list.create", 1),
        ("stock stock.allocate", 1),
    ]);
    assert_eq!(scene.twin.counts(), expected);
    let list = &scene.twin.records("stock", "pick_list")[0];
    assert_eq!(list["lines"].as_array().map(Vec::len), Some(1));
    assert_eq!(list["lines"][0]["quantity"], "2");
    assert_eq!(scene.twin.records("stock", "stock_level")[0]["available"], "8");
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_for_what_is_not_there_has_nothing_to_pick() {
    let scene = business(&["order-placed"]).await;
    scene.tell("shop", "order.placed", &order()).await;
    scene.settle().await;
    let expected = counts(&[("chat message.post", 1), ("stock stock.allocate", 1)]);
    assert_eq!(scene.twin.counts(), expected);
    scene.strike().await;
}
