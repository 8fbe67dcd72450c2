//! The main job, set up as an operator would: two connectors, two connections, one flow.

use crate::{
    browser::Page,
    house::House,
    releases,
    sender::{Answer, Delivery, Sender},
    signed,
    twin::{
        PipedriveTwin, WonDeal, XeroTwin,
        authority::{CLIENT_ID, CLIENT_SECRET},
    },
};

/// A host with Pipedrive on the one side and Xero on the other.
pub struct WonDealScene {
    /// The host.
    pub house: House,
    /// Where deals are won.
    pub crm: PipedriveTwin,
    /// Where invoices are written.
    pub books: XeroTwin,
}

impl WonDealScene {
    /// Sets it up with the connectors of this repository. The twins hold what they are asked
    /// against the vendors' own descriptions, where those are present.
    pub async fn set_up() -> Self {
        let scene = Self::bare(House::open().await).await;
        scene.crm.check_requests();
        scene.books.check_requests();
        scene.install().await;
        scene.connect().await;
        scene.apply_flow().await;
        scene
    }

    /// The host and the twins, and nothing installed.
    pub async fn bare(house: House) -> Self {
        Self { house, crm: PipedriveTwin::start().await, books: XeroTwin::start().await }
    }

    /// Installs both connectors.
    pub async fn install(&self) {
        for id in ["pipedrive", "xero"] {
            self.house.install(id, &releases::connector(id)).await;
        }
    }

    /// Installs both connectors without their vendors' budgets, for runs that send more than a
    /// real account may.
    pub async fn install_without_budgets(&self) {
        for id in ["pipedrive", "xero"] {
            self.house.install(id, &releases::without_budgets(id)).await;
        }
    }

    /// Adds the connections `crm` and `books`.
    pub async fn connect(&self) {
        self.connect_crm().await;
        self.connect_books().await;
    }

    /// Adds the connection `crm`.
    pub async fn connect_crm(&self) {
        let crm = self.crm.account();
        let origin = format!("https://{}.pipedrive.com={}", crm.company_domain, self.crm.origin());
        let company = format!("company={}", crm.company_domain);
        let token = format!("api_token=@{}", self.house.file("crm-token", &crm.api_token));
        let user = format!("webhook_user=@{}", self.house.file("crm-user", &crm.webhook_user));
        let password = self.house.file("crm-password", &crm.webhook_password);
        let password = format!("webhook_password=@{password}");
        let add = ["connection", "add", "crm", "--connector", "pipedrive", "--set", &company];
        let secrets = ["--secret", &token, "--secret", &user, "--secret", &password];
        let origin = ["--origin", &origin];
        self.house.does(&[&add[..], &secrets, &origin].concat()).await;
    }

    /// Adds the connection `books`, and signs in.
    pub async fn connect_books(&self) {
        let key = format!("webhook_key=@{}", self.house.file("books-key", self.webhook_key()));
        self.add_books(&["--secret", &key]).await;
        self.sign_in_at_books().await;
    }

    /// Adds the connection `books`, at which nobody has signed in yet.
    pub async fn add_books(&self, more: &[&str]) -> String {
        let stand_in = |host: &str| format!("https://{host}.xero.com={}", self.books.origin());
        let [api, login, identity] = ["api", "login", "identity"].map(stand_in);
        let client = format!("client_id={CLIENT_ID}");
        let secret = format!("client_secret=@{}", self.house.file("books-secret", CLIENT_SECRET));
        let add = ["connection", "add", "books", "--connector", "xero", "--set", &client];
        let add = [&add[..], &["--secret", &secret]].concat();
        let origins = ["--origin", &api, "--origin", &login, "--origin", &identity];
        self.house.does(&[&add[..], &origins, more].concat()).await
    }

    /// Signs in at the books as a person does: in a browser, from the URL that the command
    /// prints.
    pub async fn sign_in_at_books(&self) -> Page {
        let page = signed::signs_in_for(&self.house, "books").await;
        assert_eq!(page.status, 200, "{page:?}");
        page
    }

    fn webhook_key(&self) -> &str {
        &self.books.account().webhook_key
    }

    /// Applies the flow.
    pub async fn apply_flow(&self) {
        let flow = releases::root().join("tests/flows/won-deal.toml");
        self.house.does(&["flow", "apply", &flow.display().to_string()]).await;
    }

    /// Wins a deal worth 1200.50 pounds, and gives what Pipedrive sends about it.
    pub fn win(&self, title: &str) -> Delivery {
        let deal = WonDeal::new(title)
            .worth("1200.50", "GBP")
            .with_organisation("Mill Lane Bakery")
            .with_person("Ada Mills", "ada@milllane.example");
        self.crm.won_deal(&deal).delivery(1)
    }

    /// Sends a webhook to the endpoint of `crm`.
    pub async fn send(&self, delivery: &Delivery) -> Answer {
        let sender = Sender::new(&self.house.endpoint("crm"), 1).expect("an endpoint");
        sender.send(delivery).await.expect("an answer")
    }

    /// Ends the scene: whatever the twins did not expect is a failure now.
    pub async fn strike(mut self) {
        self.house.stop().await;
        self.crm.assert_no_unexpected();
        self.books.assert_no_unexpected();
        self.crm.assert_no_violations();
        self.books.assert_no_violations();
    }
}
