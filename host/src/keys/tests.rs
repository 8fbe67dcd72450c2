//! Keys in files: never overwritten, and always one that opens. And what is told of AWS.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::{Environment, KeyError, Keys, Place};
use crate::{egress::EgressConfig, secret::Secret, vault::MasterKey};

fn keys(path: &Path) -> Keys {
    let place = Place::File(path.to_owned());
    Keys::new(place, Environment::default(), EgressConfig::default())
}

#[tokio::test]
async fn a_key_is_written_once_for_its_owner_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.key");
    let keys = keys(&path);
    let error = keys.current().await.unwrap_err();
    assert!(
        error.to_string().contains("`jackfield init` writes one for a new data directory"),
        "{error}"
    );
    assert!(keys.create().await.unwrap());
    let id = keys.current().await.unwrap().id();
    assert!(!keys.create().await.unwrap(), "an existing key is never overwritten");
    assert_eq!(keys.current().await.unwrap().id(), id);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no draft is left");
}

#[tokio::test]
async fn a_new_key_takes_the_place_of_the_old_one_which_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.key");
    let keys = keys(&path);
    keys.create().await.unwrap();
    let old = keys.current().await.unwrap().id();
    let (next, home) = keys.prepare(None).await.unwrap();
    let (again, _) = keys.prepare(None).await.unwrap();
    assert_eq!(next.id(), again.id(), "what an unfinished rotation left is used");
    assert_eq!(keys.noted(&home).await.unwrap().unwrap().id(), next.id());
    assert_eq!(keys.current().await.unwrap().id(), old);
    let kept = keys.settle(&next.id()).await.unwrap();
    assert_eq!(keys.current().await.unwrap().id(), next.id());
    let kept = Keys::new(Place::File(kept.into()), Environment::default(), EgressConfig::default());
    assert_eq!(kept.current().await.unwrap().id(), old);
    assert!(matches!(keys.settle(&next.id()).await, Err(KeyError::NoFile { .. })));
}

#[tokio::test]
async fn a_kill_between_keeping_the_old_key_and_replacing_it_is_made_up_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.key");
    let keys = keys(&path);
    keys.create().await.unwrap();
    let old = keys.current().await.unwrap().id();
    let (next, _) = keys.prepare(None).await.unwrap();
    fs::hard_link(&path, dir.path().join(format!("a.key.old-{old}"))).unwrap();
    keys.settle(&next.id()).await.unwrap();
    assert_eq!(keys.current().await.unwrap().id(), next.id());
}

#[tokio::test]
async fn a_place_where_something_is_takes_no_new_key() {
    let dir = tempfile::tempdir().unwrap();
    let keys = keys(&dir.path().join("a.key"));
    keys.create().await.unwrap();
    let taken = dir.path().join("b.key");
    fs::write(&taken, "something").unwrap();
    let refused = keys.prepare(Some(taken.clone().into())).await;
    assert!(matches!(refused, Err(KeyError::Taken { .. })));
    assert_eq!(fs::read(&taken).unwrap(), b"something");
}

#[tokio::test]
async fn a_key_in_the_environment_is_used_and_needs_a_place_for_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let key = MasterKey::generate();
    let environment = Environment { key: Some(key.to_text()), ..Environment::default() };
    let place = dir.path().join("a.key").into();
    let keys = Keys::new(place, environment, EgressConfig::default());
    assert_eq!(keys.current().await.unwrap().id(), key.id());
    let error = keys.prepare(None).await.unwrap_err();
    assert!(error.to_string().contains("--to FILE"), "{error}");
    let (next, home) = keys.prepare(Some(dir.path().join("b.key").into())).await.unwrap();
    assert!(!home.beside);
    assert_eq!(keys.noted(&home).await.unwrap().unwrap().id(), next.id());
}

#[test]
fn a_place_reads_as_it_is_written() {
    for text in ["/etc/jackfield.key", "aws-secrets-manager:jackfield/books"] {
        assert_eq!(text.parse::<Place>().unwrap().to_string(), text);
    }
    assert!(matches!("aws-secrets-manager:".parse::<Place>(), Err(KeyError::NoName)));
}

#[tokio::test]
async fn what_aws_needs_and_is_not_set_is_named() {
    let place = || "aws-secrets-manager:jackfield".parse::<Place>().unwrap();
    let mut environment = Environment::default();
    let told = async |environment: &Environment| {
        let keys = Keys::new(place(), environment.clone(), EgressConfig::default());
        keys.current().await.unwrap_err().to_string()
    };
    assert!(told(&environment).await.starts_with("AWS_REGION is not set"));
    environment.aws.region = Some("eu-west-2".into());
    assert!(told(&environment).await.starts_with("AWS_ACCESS_KEY_ID is not set"));
    environment.aws.access_key_id = Some("AKIA".into());
    assert!(told(&environment).await.starts_with("AWS_SECRET_ACCESS_KEY is not set"));
    environment.aws.secret_access_key = Some(Secret::new("x".into()));
    environment.aws.endpoint = Some("localhost".into());
    assert!(told(&environment).await.contains("is no endpoint"));
}

/// An endpoint that gives each request the same answer; its URL.
async fn endpoint(status: u16, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            // The head and the body, which is short, come at once.
            let _ = stream.read(&mut [0; 16 << 10]).await;
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
            );
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
        }
    });
    format!("http://{address}")
}

async fn at_aws(status: u16, body: &'static str) -> Keys {
    let mut environment = Environment::default();
    environment.aws.region = Some("eu-west-2".into());
    environment.aws.access_key_id = Some("AKIA".into());
    environment.aws.secret_access_key = Some(Secret::new("hidden-value".into()));
    environment.aws.endpoint = Some(endpoint(status, body).await);
    let place = "aws-secrets-manager:jackfield".parse().unwrap();
    Keys::new(place, environment, EgressConfig::default())
}

#[tokio::test]
async fn what_aws_says_no_to_is_told_in_one_line_with_a_hint() {
    let denied = r#"{"__type":"AccessDeniedException","Message":"User x is not authorized"}"#;
    let keys = at_aws(400, denied).await;
    for error in [keys.current().await.unwrap_err(), keys.create().await.unwrap_err()] {
        let told = error.to_string();
        assert!(told.contains("AccessDeniedException User x is not authorized"), "{told}");
        assert!(told.contains("has the permission secretsmanager:"), "{told}");
        assert_eq!(told.lines().count(), 2, "{told}");
        assert!(!told.contains("hidden-value"), "{told}");
    }
    let gone = r#"{"__type":"ResourceNotFoundException","Message":"no"}"#;
    let error = at_aws(400, gone).await.current().await.unwrap_err();
    assert!(matches!(error, KeyError::NoSecret { .. }), "{error}");
}

#[tokio::test]
async fn what_is_no_key_at_aws_is_told_with_its_place() {
    let told = r#"{"Name":"jackfield","SecretString":"hunter2","VersionId":"1"}"#;
    let error = at_aws(200, told).await.current().await.unwrap_err().to_string();
    assert!(
        error.contains("what is in `aws-secrets-manager:jackfield` is no master key"),
        "{error}"
    );
    assert!(!error.contains("hunter2"), "{error}");
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_told() {
    let mut keys = at_aws(200, "").await;
    // Bound and closed again: nobody listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    keys.environment.aws.endpoint = Some(format!("http://{free}"));
    let error = keys.current().await.unwrap_err().to_string();
    assert!(error.contains(&format!("was not reached at http://{free}: no connection")), "{error}");
}
