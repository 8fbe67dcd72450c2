//! What is said of bad manifests: the full one, with a few pieces of it put otherwise.

use super::FULL;
use crate::manifest::Manifest;

/// The mistakes in the full manifest after each new text is put in the place of the old.
fn mistakes(edits: &[(&str, &str)]) -> String {
    let mut text = FULL.to_owned();
    for (old, new) in edits {
        assert!(text.contains(old), "`{old}` is not in the full manifest");
        text = text.replacen(old, new, 1);
    }
    Manifest::parse(&text, "connector.toml").unwrap_err().to_string()
}

#[test]
fn an_unknown_key_is_named_with_the_nearest_known_one() {
    let said = mistakes(&[(
        "[auth.token]\nkind = \"bearer\"\nsecret =",
        "[auth.token]\nkind = \"bearer\"\nsecert =",
    )]);
    insta::assert_snapshot!(said, @r#"
    connector.toml:34:1: unknown key `secert` in `[auth.token]`
      hint: did you mean `secret`? known keys: kind, secret
    "#);
}

#[test]
fn an_unknown_block_is_named() {
    let said = mistakes(&[("[health]", "[helth]")]);
    insta::assert_snapshot!(said, @r#"
    connector.toml:111:2: unknown block `helth`
      hint: did you mean `health`? known blocks: connector, param, secret, auth, tenants, http, egress, budget, webhook, events, actions, entities, discover, subscriptions, health, limits
    "#);
}

#[test]
fn a_wrong_type_says_what_it_found_and_what_to_write() {
    let said = mistakes(&[
        ("timeout_ms = 20000", r#"timeout_ms = "20 s""#),
        (r#"methods = ["GET", "POST", "PUT"]"#, r#"methods = "GET""#),
        ("requests = 60", "requests = -1"),
    ]);
    insta::assert_snapshot!(said, @r#"
    connector.toml:55:14: `timeout_ms` in `[http]` must be a whole number from 0, not string "20 s"
      hint: write it in digits without quotes, such as `60`
    connector.toml:59:11: `methods` in `[[egress]]` must be an array, not string "GET"
      hint: write it in brackets, such as `["one", "two"]`
    connector.toml:70:12: `requests` in `[[budget]]` must be a whole number from 0, not integer -1
      hint: write it in digits without quotes, such as `60`
    "#);
}

#[test]
fn a_block_with_the_wrong_header_is_told_the_right_one() {
    let said = mistakes(&[
        ("[[budget]]\nrequests = 60", "[budget]\nrequests = 60"),
        ("[[budget]]\nrequests = 5000\nper = \"1d\"\n", ""),
    ]);
    insta::assert_snapshot!(said, @r#"
    connector.toml:69:2: the block `budget` must be written `[[budget]]`
      hint: begin it with a line `[[budget]]`: there may be several
    "#);
}

#[test]
fn a_missing_key_is_named() {
    let said =
        mistakes(&[("vendor = \"Xero Limited\"\n", ""), ("why = \"fetches attachments\"\n", "")]);
    insta::assert_snapshot!(said, @r#"
    connector.toml:1:2: `[connector]` has no `vendor`
      hint: add a line `vendor = …` to it
    connector.toml:64:1: `[[egress]]` has no `why`
      hint: add a line `why = …` to it
    "#);
}

#[test]
fn an_unknown_kind_of_auth_lists_the_kinds() {
    let said = mistakes(&[(r#"kind = "api-key""#, r#"kind = "apikey""#)]);
    insta::assert_snapshot!(said, @r#"
    connector.toml:37:8: unknown value `apikey` for `kind` in `[auth.key]`
      hint: did you mean `api-key`? known values: bearer, api-key, basic, oauth2, session, jwt, oauth1, signature, placeholder
    "#);
}

#[test]
fn a_basic_auth_needs_one_user_id() {
    let said = mistakes(&[("username_param = \"tenant_id\"\n", "")]);
    insta::assert_snapshot!(said, @r#"
    connector.toml:43:1: `[auth.login]`: the user-id must come from one place
      hint: write either `username_secret` or `username_param`
    "#);
}

#[test]
fn text_that_is_not_toml_is_placed() {
    let said = mistakes(&[(r#"title = "Xero""#, "title = Xero")]);
    insta::assert_snapshot!(said, @r#"
    connector.toml:4:9: not TOML: string values must be quoted, expected literal string
      hint: strings stand in double quotes, one key a line
    "#);
}

#[test]
fn a_bad_duration_is_told_the_form() {
    let said = mistakes(&[(r#"per = "1d""#, r#"per = "1 day""#)]);
    insta::assert_snapshot!(said, @r#"
    connector.toml:77:7: `per` in `[[budget]]`: `1 day` is not a duration
      hint: write a whole number from 1 and a unit, `s`, `m`, `h` or `d`, such as `1m`; at most 366d
    "#);
}

#[test]
fn who_the_connector_is_must_be_well_formed() {
    let said = mistakes(&[
        (r#"id = "xero""#, r#"id = "Xero!""#),
        (r#"version = "0.1.0""#, r#"version = "1.0""#),
        (r#"category = "accounting""#, r#"category = "acounting""#),
        (r#"roles = ["accounting"]"#, r#"roles = ["accounting", "bookkeeping", "accounting"]"#),
        (r#"docs = "https:"#, r#"docs = "http:"#),
    ]);
    insta::assert_snapshot!(said, @r#"
    connector.toml:2:6: `Xero!` is not a connector's id
      hint: begin with a letter, and use a-z, 0-9 and `-`, up to 48 of them
    connector.toml:3:11: `1.0` is not a semantic version: unexpected end of input while parsing minor version number
      hint: write three numbers, such as `0.1.0`
    connector.toml:6:12: unknown category `acounting` in `[connector]`
      hint: did you mean `accounting`? known categories: accounting, analytics, commerce, crm, data, developer, erp, files, forms, marketing, messaging, other, payments, people, projects, scheduling, shipping, support
    connector.toml:7:24: unknown role `bookkeeping` in `[connector]`
      hint: known roles: accounting, commerce, crm, files, forms, marketing, messaging, payments, people, projects, scheduling
    connector.toml:7:39: the role `accounting` is there twice
      hint: name it once
    connector.toml:8:8: `http://developer.xero.com/documentation` is not an https URL
      hint: such as `https://developer.example.com/`
    "#);
}

#[test]
fn names_in_the_form_are_well_formed_and_there_once() {
    let said = mistakes(&[
        (r#"name = "tenant_id""#, r#"name = "Tenant-Id""#),
        (r#"name = "webhook_key""#, r#"name = "region""#),
    ]);
    insta::assert_snapshot!(said, @r#"
    connector.toml:12:8: `Tenant-Id` is not a name for a param
      hint: begin with a letter, and use a-z, 0-9 and `_`, up to 48 of them
    connector.toml:27:8: `region` is the name of another field, in line 17
      hint: params and secrets need names of their own
    connector.toml:45:18: unknown param `tenant_id` in `[auth.login]`
      hint: did you mean `Tenant-Id`? known params: Tenant-Id, region
    connector.toml:54:32: unknown param `tenant_id` in a template
      hint: did you mean `Tenant-Id`? known params: Tenant-Id, region
    connector.toml:86:10: unknown secret `webhook_key` in `[webhook.verify]`
      hint: known secrets: access_token, region
    "#);
}

#[test]
fn references_to_what_is_not_there_are_found_all_at_once() {
    let said = mistakes(&[
        (
            "kind = \"bearer\"\nsecret = \"access_token\"",
            "kind = \"bearer\"\nsecret = \"acces_token\"",
        ),
        (r#"username_param = "tenant_id""#, r#"username_param = "tenant""#),
        (r#"auth = "token""#, r#"auth = "tokens""#),
        (r#"secret = "webhook_key""#, r#"secret = "webhook_kee""#),
        (r#""{param:tenant_id}""#, r#""{param:tennant_id}""#),
    ]);
    insta::assert_snapshot!(said, @r#"
    connector.toml:34:10: unknown secret `acces_token` in `[auth.token]`
      hint: did you mean `access_token`? known secrets: access_token, webhook_key
    connector.toml:45:18: unknown param `tenant` in `[auth.login]`
      hint: known params: tenant_id, region
    connector.toml:54:32: unknown param `tennant_id` in a template
      hint: did you mean `tenant_id`? known params: tenant_id, region
    connector.toml:61:8: unknown auth `tokens` in `[[egress]]`
      hint: did you mean `token`? known auths: key, key_as_user, login, token
    connector.toml:86:10: unknown secret `webhook_kee` in `[webhook.verify]`
      hint: did you mean `webhook_key`? known secrets: access_token, webhook_key
    "#);
}

#[test]
fn an_origin_is_https_and_nothing_but_an_origin() {
    let said = mistakes(&[
        ("https://files.xero.com:8443", "https://files.xero.com/v2/"),
        ("https://{param:region}.xero.com", "http://{param:region}.xero.com"),
    ]);
    insta::assert_snapshot!(said, @r#"
    connector.toml:58:10: `http://{param:region}.xero.com` is not an https origin
      hint: origins are https, without exception; a test sends a connection's requests elsewhere by its own setting
    connector.toml:66:10: `https://files.xero.com/v2/` is not an https origin
      hint: write `https://files.xero.com`, and paths in `paths`
    "#);
}

#[test]
fn a_template_fills_in_only_params_that_have_a_value() {
    let said = mistakes(&[
        (r#"accept = "application/json""#, r#"accept = "{secret:access_token}""#),
        ("default = \"api\"\n", ""),
    ]);
    insta::assert_snapshot!(said, @r#"
    connector.toml:53:62: `{secret:access_token}` does not name a param
      hint: a secret goes into a request by `[auth.NAME]` only
    connector.toml:57:10: the param `region` may have no value to fill in here
      hint: make it required or give it a default
    "#);
}

#[test]
fn egress_grants_what_can_be_granted() {
    let said = mistakes(&[
        (r#""GET", "POST", "PUT""#, r#""GET", "get", "PUT""#),
        (r#""/connections""#, r#""connections/../x""#),
        (r#""/api.xro/2.0/search""#, r#""/search""#),
    ]);
    insta::assert_snapshot!(said, @r#"
    connector.toml:59:19: unknown method `get` in `[[egress]]`
      hint: known methods: GET, HEAD, POST, PUT, PATCH, DELETE
    connector.toml:60:27: `connections/../x` is not a path
      hint: begin with `/`; no host, no query, no `..`, nothing that a URL escapes
    connector.toml:62:15: `/search` is in `safe_posts` but not granted
      hint: `methods` must have `POST`, and `paths` a beginning of it
    "#);
}

#[test]
fn headers_of_the_host_cannot_be_set() {
    let said = mistakes(&[(
        r#"accept = "application/json""#,
        r#"Host = "evil.example", authorization = "x", "a b" = "c""#,
    )]);
    insta::assert_snapshot!(said, @r#"
    connector.toml:54:53: the header `Host` is the host's own
      hint: leave it out
    connector.toml:54:76: the header `authorization` is a credential
      hint: describe it as an `[auth.NAME]`
    connector.toml:54:97: `a b` is not the name of a header
      hint: use letters, digits and `-`, such as `x-api-version`
    "#);
}

#[test]
fn an_action_says_how_it_is_done_once() {
    let said = mistakes(&[
        ("idempotency = { kind = \"natural-key\" }\n", ""),
        ("mutates = false", "mutates = false\nidempotency = { kind = \"field\" }"),
    ]);
    insta::assert_snapshot!(said, @r#"
    connector.toml:102:1: the action `invoice.get` mutates nothing: no try does harm
      hint: leave `idempotency` out
    connector.toml:104:10: the action `contact.upsert` mutates and has no `idempotency`
      hint: add `idempotency = { kind = "…" }` with header, field, natural-key, search-first or none, or `mutates = false`
    "#);
}

#[test]
fn an_idempotency_takes_only_its_own_keys() {
    let said =
        mistakes(&[(r#"{ kind = "natural-key" }"#, r#"{ kind = "natural-key", name = "x" }"#)]);
    insta::assert_snapshot!(said, @r#"
    connector.toml:106:39: unknown key `name` in `[actions."contact.upsert".idempotency]`
      hint: known keys: kind
    "#);
}

#[test]
fn kinds_of_events_and_names_of_actions_have_a_form() {
    let said = mistakes(&[
        (r#"[events."invoice.updated"]"#, r#"[events."InvoiceUpdated"]"#),
        (r#"[actions."invoice.get"]"#, r#"[actions."invoice-get"]"#),
        ("[entities.contact]", r#"[entities."a contact"]"#),
    ]);
    insta::assert_snapshot!(said, @r#"
    connector.toml:89:9: `InvoiceUpdated` is not a name for an event
      hint: write the thing, a dot and the verb in a-z and `_`, in quotes: `"invoice.updated"`
    connector.toml:99:10: `invoice-get` is not a name for an action
      hint: write the thing, a dot and the verb in a-z and `_`, in quotes: `"invoice.create"`
    connector.toml:108:11: `a contact` is not a name for an entity
      hint: begin with a letter, and use a-z, 0-9 and `_`, up to 48 of them
    "#);
}

#[test]
fn a_schema_refers_only_to_the_model_or_itself() {
    let said = mistakes(&[(r#""model:contact""#, r#""https://example.com/contact.json""#)]);
    insta::assert_snapshot!(said, @r#"
    connector.toml:96:65: a schema cannot refer to `https://example.com/contact.json`
      hint: write `model:` and the name of a canonical schema, or `#/…`
    "#);
}

#[test]
fn numbers_have_bounds() {
    let said = mistakes(&[
        ("requests = 60", "requests = 0"),
        ("memory_mib = 128", "memory_mib = 4096\ncpu_ms = 0"),
        ("timeout_ms = 20000", "timeout_ms = 900000"),
    ]);
    insta::assert_snapshot!(said, @r#"
    connector.toml:55:14: `timeout_ms` in `[http]` is 900000
      hint: write a whole number from 1 to 300000
    connector.toml:70:12: `requests` in `[[budget]]` is 0
      hint: write a whole number from 1 to 100000000
    connector.toml:115:14: `memory_mib` in `[limits]` is 4096
      hint: write a whole number from 1 to 256
    connector.toml:116:10: `cpu_ms` in `[limits]` is 0
      hint: write a whole number from 1 to 10000
    "#);
}

#[test]
fn a_mistake_in_the_webhook_is_placed_in_it() {
    let said = mistakes(&[(r#"encoding = "base64""#, r#"encoding = "base46""#)]);
    insta::assert_snapshot!(said, @r#"
    connector.toml:84:12: unknown value `base46` for `encoding` in `[webhook.verify]`
      hint: did you mean `base64`? known values: hex, base64, base64url
    "#);
}

#[test]
fn a_wrong_word_in_a_webhook_template_is_explained() {
    let said = mistakes(&[(r#"message = "{body}""#, r#"message = "{bdy}""#)]);
    insta::assert_snapshot!(said, @r#"
    connector.toml:81:1: `[webhook.verify]`: unknown part `{bdy}` in a template
      hint: the parts are `{body}`, `{url}`, `{decoded_url}`, `{endpoint}`, `{method}`, `{path}`, `{query}`, `{header:NAME}`, `{json:/POINTER}`, `{timestamp}`, `{id}`, `{sorted_form}`
    "#);
}

#[test]
fn retries_have_bounds() {
    let get = "title = \"Read an invoice\"\nmutates = false";
    let with = |retry: &str| mistakes(&[(get, &format!("{get}\nretry = {{ {retry} }}"))]);
    insta::assert_snapshot!(with(r#"tries = 0, first = "2h", longest = "2d""#), @r#"
    connector.toml:102:19: `tries` in `[actions."invoice.get".retry]` is 0
      hint: write a whole number from 1 to 100
    connector.toml:102:30: `first` in `[actions."invoice.get".retry]` is more than 1h
      hint: write at most `"1h"`
    connector.toml:102:46: `longest` in `[actions."invoice.get".retry]` is more than 1d
      hint: write at most `"1d"`
    "#);
    insta::assert_snapshot!(with(r#"first = "2m", longest = "1m""#), @r#"
    connector.toml:102:19: `first` in `[actions."invoice.get".retry]` is more than `longest`
      hint: the first retry is the soonest: exchange them
    "#);
    insta::assert_snapshot!(with(r#"trise = 3"#), @r#"
    connector.toml:102:11: unknown key `trise` in `[actions."invoice.get".retry]`
      hint: did you mean `tries`? known keys: tries, first, longest
    "#);
    insta::assert_snapshot!(with(r#"first = "0s""#), @r#"
    connector.toml:102:19: `first` in `[actions."invoice.get".retry]`: `0s` is not a duration
      hint: write a whole number from 1 and a unit, `s`, `m`, `h` or `d`, such as `1m`; at most 366d
    "#);
}

#[test]
fn a_header_that_tells_of_a_budget_says_how() {
    let day = "requests = 5000\nper = \"1d\"";
    let with = |more: &str| mistakes(&[(day, &format!("{day}\n{more}"))]);
    insta::assert_snapshot!(with(r#"limit_header = "x-limit""#), @r#"
    connector.toml:78:1: `[[budget]]` has a `limit_header` and no `remaining_header`
      hint: add `remaining_header`, the header that says how many are left
    "#);
    let left = r#"remaining_header = "x-left""#;
    let more = format!("{left}\nreset_header = \"x-reset\"");
    insta::assert_snapshot!(with(&more), @r#"
    connector.toml:79:1: `reset_header` in `[[budget]]` does not say how it is written
      hint: add `reset`, one of `seconds`, `epoch-seconds`, `epoch-milliseconds`, `rfc3339`, `http-date`
    "#);
    insta::assert_snapshot!(with(&format!("{left}\nreset = \"seconds\"")), @r#"
    connector.toml:79:1: `[[budget]]` has a `reset` and no `reset_header`
      hint: name the header that it is about
    "#);
    insta::assert_snapshot!(with(&format!("{more}\nreset = \"minutes\"")), @r#"
    connector.toml:80:9: unknown value `minutes` for `reset` in `[[budget]]`
      hint: known values: seconds, epoch-seconds, epoch-milliseconds, rfc3339, http-date
    "#);
}
