//! A master key at AWS Secrets Manager, by the vendor's own crate over our own door out.
//!
//! The stages are those that AWS itself uses for rotation: `AWSCURRENT` is the key in use,
//! `AWSPENDING` the new one beside it, `AWSPREVIOUS` the one before. Credentials come from the
//! environment alone.
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html>

use std::time::Duration;

use aws_sdk_secretsmanager::{
    Client, Config,
    config::{
        AsyncSleep, BehaviorVersion, Credentials, Region, Sleep, retry::RetryConfig,
        timeout::TimeoutConfig,
    },
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
};

use super::KeyError;
use crate::{
    clock::SharedClock,
    egress::{EgressConfig, OneOrigin, Origin},
    secret::Secret,
    vault::MasterKey,
};

/// How long one attempt may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a request may take with all its attempts.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Attempts.
const ATTEMPTS_MAX: u32 = 3;
/// What a secret that we made is for.
const DESCRIPTION: &str = "the master key of a jackfield";

/// How AWS is reached, as the environment says.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// `AWS_REGION`, or `AWS_DEFAULT_REGION`.
    pub region: Option<String>,
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: Option<String>,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: Option<Secret<String>>,
    /// `AWS_SESSION_TOKEN`.
    pub session_token: Option<Secret<String>>,
    /// `AWS_ENDPOINT_URL_SECRETS_MANAGER`, or `AWS_ENDPOINT_URL`.
    pub endpoint: Option<String>,
}

/// Which version of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The key in use.
    Current,
    /// The new key of a rotation.
    Pending,
}

impl Stage {
    fn label(self) -> &'static str {
        match self {
            Self::Current => "AWSCURRENT",
            Self::Pending => "AWSPENDING",
        }
    }
}

/// A version of a secret.
pub(super) struct Found {
    pub(super) version: String,
    pub(super) text: Secret<String>,
}

/// One secret at AWS.
pub(super) struct Vendor {
    client: Client,
    name: String,
    endpoint: String,
}

impl Vendor {
    pub(super) fn new(
        name: &str,
        settings: &Settings,
        egress: &EgressConfig,
    ) -> Result<Self, KeyError> {
        let unset = |name| move || KeyError::Unset { name };
        let region = settings.region.clone().or_else(|| region_of(name));
        let region = region.ok_or_else(unset("AWS_REGION"))?;
        let id = settings.access_key_id.clone().ok_or_else(unset("AWS_ACCESS_KEY_ID"))?;
        let secret = settings.secret_access_key.as_ref();
        let secret = secret.ok_or_else(unset("AWS_SECRET_ACCESS_KEY"))?.expose().clone();
        let token = settings.session_token.as_ref().map(|token| token.expose().clone());
        let endpoint = settings.endpoint.clone().unwrap_or_else(|| usual_endpoint(&region));
        let origin: Origin = endpoint
            .trim_end_matches('/')
            .parse()
            .map_err(|why| KeyError::Endpoint { url: endpoint.clone(), why })?;
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .operation_timeout(TIMEOUT);
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region))
            .credentials_provider(Credentials::new(id, secret, token, None, "environment"))
            .endpoint_url(origin.to_string())
            .http_client(OneOrigin::new(egress, origin))
            .sleep_impl(Naps(egress.clock.clone()))
            .timeout_config(timeouts.build())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS_MAX))
            .build();
        Ok(Self { client: Client::from_conf(config), name: name.into(), endpoint })
    }

    /// A version of the secret; none if there is no such secret, or none at this stage.
    pub(super) async fn read(&self, stage: Stage) -> Result<Option<Found>, KeyError> {
        let asked = self.client.get_secret_value().secret_id(&self.name);
        match asked.version_stage(stage.label()).send().await {
            Ok(told) => {
                let version = told.version_id.unwrap_or_default();
                // A secret without a text is one of bytes, which we never make.
                let text = Secret::new(told.secret_string.unwrap_or_default());
                Ok(Some(Found { version, text }))
            }
            Err(SdkError::ServiceError(error)) if error.err().is_resource_not_found_exception() => {
                Ok(None)
            }
            Err(error) => Err(self.failed("read", "secretsmanager:GetSecretValue", error)),
        }
    }

    /// Makes the secret, unless it is there; whether it did.
    pub(super) async fn create(&self, key: &MasterKey) -> Result<bool, KeyError> {
        let text = key.to_text().expose().clone();
        let asked = self.client.create_secret().name(&self.name).description(DESCRIPTION);
        match asked.secret_string(text).send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(error)) if error.err().is_resource_exists_exception() => {
                Ok(false)
            }
            // An ARN names what is there; it cannot be made.
            Err(SdkError::ServiceError(_)) if self.name.starts_with("arn:") => Ok(false),
            Err(error) => Err(self.failed("create", "secretsmanager:CreateSecret", error)),
        }
    }

    /// Adds a version as `AWSPENDING`; the one in use stays in use.
    pub(super) async fn add_pending(&self, key: &MasterKey) -> Result<(), KeyError> {
        let text = key.to_text().expose().clone();
        let asked = self.client.put_secret_value().secret_id(&self.name).secret_string(text);
        let put = asked.version_stages(Stage::Pending.label()).send().await;
        put.map(drop).map_err(|error| self.failed("write", "secretsmanager:PutSecretValue", error))
    }

    /// Makes the pending version the current one. May be done again.
    pub(super) async fn settle(&self, next: &str) -> Result<(), KeyError> {
        let is_next =
            |found: &Found| MasterKey::from_text(&found.text).is_ok_and(|key| key.id() == next);
        let current = self.read(Stage::Current).await?;
        if current.as_ref().is_some_and(is_next) {
            return Ok(());
        }
        let pending = self.read(Stage::Pending).await?.filter(is_next);
        let moved = || KeyError::Moved { name: self.name.clone(), id: next.into() };
        let pending = pending.ok_or_else(moved)?;
        let asked = self.client.update_secret_version_stage().secret_id(&self.name);
        let asked = asked.version_stage(Stage::Current.label());
        let asked = asked.set_remove_from_version_id(current.map(|current| current.version));
        let promoted = asked.move_to_version_id(pending.version).send().await;
        promoted.map(drop).map_err(|error| {
            self.failed("promote", "secretsmanager:UpdateSecretVersionStage", error)
        })
    }

    /// An error of the vendor's crate in our words, with the permission that the request needs.
    fn failed<E>(&self, what: &'static str, permission: &str, error: SdkError<E>) -> KeyError
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        let SdkError::ServiceError(refused) = &error else {
            let endpoint = self.endpoint.clone();
            return KeyError::Unreachable { endpoint, why: beneath(&error) };
        };
        let code = refused.err().code().unwrap_or("an error");
        let said = refused.err().message().unwrap_or_default();
        let hint = match code {
            "ResourceNotFoundException" => "is it in another region?".to_owned(),
            _ => format!(
                "do AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong to somebody who has the \
                 permission {permission}?"
            ),
        };
        let why = format!("{code} {said}").trim_end().to_owned();
        KeyError::Refused { what, name: self.name.clone(), why, hint }
    }
}

/// What the error at the bottom says, in one line.
fn beneath<E>(error: &SdkError<E>) -> String
where
    E: std::error::Error + 'static,
{
    let mut last: &dyn std::error::Error = error;
    while let Some(next) = last.source() {
        last = next;
    }
    let said = last.to_string();
    if said.is_empty() { DisplayErrorContext(error).to_string() } else { said }
}

/// The region that an ARN names.
fn region_of(name: &str) -> Option<String> {
    let region = name.strip_prefix("arn:")?.split(':').nth(2)?;
    (!region.is_empty()).then(|| region.to_owned())
}

/// The endpoint of a region: <https://docs.aws.amazon.com/general/latest/gr/asm.html>.
fn usual_endpoint(region: &str) -> String {
    let end = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("https://secretsmanager.{region}.amazonaws.com{end}")
}

/// Sleeps of the vendor's crate, by the host's clock.
#[derive(Debug)]
struct Naps(SharedClock);

impl AsyncSleep for Naps {
    fn sleep(&self, duration: Duration) -> Sleep {
        let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let sleep = self.0.sleep_until(self.0.now_ms().saturating_add(duration_ms));
        // A task of its own, since the crate shares the future between threads.
        let slept = tokio::spawn(sleep);
        Sleep::new(async move {
            // It can fail only with the runtime, and with it everybody who waits.
            let _ = slept.await;
        })
    }
}
