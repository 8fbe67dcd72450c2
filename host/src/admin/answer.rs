//! What the API answers: JSON, and for a failure its line with the hint.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::TokenError;
use crate::{
    audit::AuditError,
    connections::ConnectionError,
    connectors::ConnectorError,
    desk::DeskError,
    fault::Fault,
    flows::{EditError, FlowError, HappenedError},
    host::HostError,
    inbox::InboxError,
    queue::QueueError,
    store::CommitError,
    tables::TableError,
    vault::VaultError,
};

/// The answer to a request that worked.
pub(super) type Answer<T> = Result<Json<T>, Failure>;

/// The answer to one that did not.
#[derive(Debug)]
pub(super) struct Failure {
    status: StatusCode,
    message: String,
}

impl Failure {
    fn new(status: StatusCode, message: impl ToString) -> Self {
        Self { status, message: message.to_string() }
    }

    pub(super) fn not_found(message: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "the token is not valid\n  hint: the one that `jackfield init` wrote is in \
             `admin.token` in the data directory; or set JACKFIELD_TOKEN",
        )
    }

    pub(super) fn broken(error: &tokio::task::JoinError) -> Self {
        tracing::error!(%error, "a request to the admin API panicked");
        let message = "the host failed at this; its log has the place: please report it";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    pub(super) fn refused(message: impl ToString) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }
}

/// Whatever reads many things does so beside the workers.
pub(super) async fn beside<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(read).await.map_err(|error| Failure::broken(&error))?
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.message });
        (self.status, Json(body)).into_response()
    }
}

impl From<ConnectorError> for Failure {
    fn from(error: ConnectorError) -> Self {
        let status = match &error {
            ConnectorError::Unknown(_)
            | ConnectorError::UnknownPublisher(_)
            | ConnectorError::NoTrial { .. } => StatusCode::NOT_FOUND,
            ConnectorError::Taken(_)
            | ConnectorError::PublisherTaken(_)
            | ConnectorError::Changed(_)
            | ConnectorError::InUse { .. }
            | ConnectorError::NothingBefore(_) => StatusCode::CONFLICT,
            ConnectorError::File { .. }
            | ConnectorError::Store(_)
            | ConnectorError::Commit(_)
            | ConnectorError::OutOfOrder(_)
            | ConnectorError::Unreadable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            ConnectorError::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, error)
    }
}

impl From<ConnectionError> for Failure {
    fn from(error: ConnectionError) -> Self {
        let status = match error {
            ConnectionError::Connector(error) => return error.into(),
            ConnectionError::Unknown(_) => StatusCode::NOT_FOUND,
            ConnectionError::Taken(_)
            | ConnectionError::Retired(_)
            | ConnectionError::InUse { .. } => StatusCode::CONFLICT,
            ConnectionError::Unfit(_) => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, error)
    }
}

impl From<FlowError> for Failure {
    fn from(error: FlowError) -> Self {
        let status = match &error {
            FlowError::UnknownRun(_) | FlowError::UnknownFlow(_) => StatusCode::NOT_FOUND,
            FlowError::Mistakes(_) => StatusCode::UNPROCESSABLE_ENTITY,
            FlowError::HasEnded { .. }
            | FlowError::AsksNobody(_)
            | FlowError::InUse { .. }
            | FlowError::Commit(CommitError::Conflict { .. }) => StatusCode::CONFLICT,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, error)
    }
}

impl From<TableError> for Failure {
    fn from(error: TableError) -> Self {
        let status = match &error {
            TableError::Unknown { .. } => StatusCode::NOT_FOUND,
            TableError::Needed { .. } | TableError::TooMany => StatusCode::CONFLICT,
            TableError::Name(_) | TableError::TooBig(_) | TableError::Unfit(_) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, error)
    }
}

impl From<InboxError> for Failure {
    fn from(error: InboxError) -> Self {
        let status = match &error {
            InboxError::Unknown(_) => StatusCode::NOT_FOUND,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, error)
    }
}

impl From<QueueError> for Failure {
    fn from(error: QueueError) -> Self {
        let status = match &error {
            QueueError::NoDeadLetter(_) | QueueError::NoCause(_) => StatusCode::NOT_FOUND,
            QueueError::Commit(CommitError::Conflict { .. }) => StatusCode::CONFLICT,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, error)
    }
}

impl From<DeskError> for Failure {
    fn from(error: DeskError) -> Self {
        let status = match error {
            DeskError::Queue(error) => return error.into(),
            DeskError::Flow(error)
            | DeskError::Edit(EditError::Flow(error))
            | DeskError::Happened(HappenedError::Flow(error)) => return error.into(),
            DeskError::Inbox(error) => return error.into(),
            DeskError::NoAlerts => StatusCode::NOT_FOUND,
            DeskError::Edit(EditError::NotStopped(_) | EditError::Unknown { .. })
            | DeskError::Happened(HappenedError::NotStopped(_) | HappenedError::Cannot { .. })
            | DeskError::Commit(CommitError::Conflict { .. }) => StatusCode::CONFLICT,
            DeskError::Vault(_) | DeskError::Store(_) | DeskError::Commit(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            DeskError::NotTaken(_) => StatusCode::BAD_GATEWAY,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, error)
    }
}

impl From<AuditError> for Failure {
    fn from(error: AuditError) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, error)
    }
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        let status = match &error {
            TokenError::Unknown(_) => StatusCode::NOT_FOUND,
            TokenError::Taken(_) => StatusCode::CONFLICT,
            TokenError::Name(_) => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, error)
    }
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Connectors(error) => error.into(),
            HostError::Connections(error) => error.into(),
            HostError::Tables(error) => error.into(),
            HostError::Flows(error) => error.into(),
            HostError::Queue(error) => error.into(),
            HostError::Desk(error) => error.into(),
            HostError::Tokens(error) => error.into(),
            HostError::StillCalled { .. } => Self::new(StatusCode::CONFLICT, error),
            HostError::Vault(VaultError::UnderWay(_)) => Self::new(StatusCode::CONFLICT, error),
            HostError::Keys(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, error),
            other => Self::new(StatusCode::SERVICE_UNAVAILABLE, other),
        }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, fault)
    }
}
