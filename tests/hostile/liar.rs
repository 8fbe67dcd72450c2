//! A network in which names mean what an attacker wants, and nothing leaves the machine.

use std::{
    collections::{HashMap, VecDeque},
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jackfield::{
    capabilities::Means,
    connections::Live,
    egress::{Egress, EgressConfig, Network, Origin, Policy, Rule, SystemNetwork},
};
use tokio::net::TcpStream;

/// What a socket is, some time later.
type Soon<T> = std::pin::Pin<Box<dyn Future<Output = io::Result<T>> + Send>>;

/// What it was told and what it was asked for.
#[derive(Debug, Default)]
struct Told {
    /// What a name means, one answer after the other; the last stays.
    names: HashMap<String, VecDeque<Vec<IpAddr>>>,
    resolved: Vec<String>,
    dialled: Vec<SocketAddr>,
}

/// Answers each name as it was told, and leads each socket to one address of this machine.
#[derive(Debug, Clone)]
pub struct Liar {
    told: Arc<Mutex<Told>>,
    leads_to: SocketAddr,
}

impl Liar {
    /// A network where everything that is dialled ends at a port of this machine.
    pub fn leading_to(port: u16) -> Self {
        Self { told: Arc::default(), leads_to: SocketAddr::from(([127, 0, 0, 1], port)) }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an answer to what a name means.
    pub fn name(&self, host: &str, means: &[&str]) {
        let addresses = means.iter().map(|ip| ip.parse().unwrap()).collect();
        self.told().names.entry(host.to_owned()).or_default().push_back(addresses);
    }

    /// The names that were asked for.
    pub fn resolved(&self) -> Vec<String> {
        self.told().resolved.clone()
    }

    /// The addresses to which sockets were opened.
    pub fn dialled(&self) -> Vec<SocketAddr> {
        self.told().dialled.clone()
    }

    /// What a connection is given, but with this network, and a grant for these origins.
    pub fn means(&self, live: &Live, origins: &[&str]) -> Means {
        let network = Arc::new(self.clone());
        let config = EgressConfig { network, ..EgressConfig::default() };
        let rules = origins.iter().map(|origin| rule(origin)).collect();
        let client = Egress::new(config).client("liar", Arc::new(Policy::new(rules, Vec::new())));
        Means { egress: client, timeout_ms: 1_000, ..live.means.clone() }
    }
}

/// Everything at an origin is granted.
fn rule(origin: &str) -> Rule {
    let origin: Origin = origin.parse().unwrap_or_else(|error| panic!("{origin}: {error}"));
    Rule {
        origin,
        methods: vec!["GET".into(), "POST".into()],
        paths: vec!["/".into()],
        auth: None,
        safe_posts: Vec::new(),
        graphql: Vec::new(),
        redirect_to: None,
    }
}

impl Network for Liar {
    fn resolve(&self, host: &str) -> Soon<Vec<IpAddr>> {
        let mut told = self.told();
        told.resolved.push(host.to_owned());
        let answer = told.names.get_mut(host).and_then(|answers| match answers.len() {
            0 | 1 => answers.front().cloned(),
            _ => answers.pop_front(),
        });
        Box::pin(async move { answer.ok_or_else(|| io::ErrorKind::NotFound.into()) })
    }

    fn dial(&self, to: SocketAddr) -> Soon<TcpStream> {
        self.told().dialled.push(to);
        SystemNetwork.dial(self.leads_to)
    }
}
