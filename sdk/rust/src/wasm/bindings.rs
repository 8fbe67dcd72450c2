//! Bindings of the contract in `wit/`: what the host offers once, and each role by itself, so
//! that a component demands of itself only the roles that it exports.

/// What the host offers, and the envelopes.
pub mod host {
    wit_bindgen::generate!({ path: "../../wit", world: "host", generate_all });
}

/// One role's world, with the host's interfaces shared.
macro_rules! role {
    ($module:ident, $world:literal, $export:literal) => {
        pub mod $module {
            wit_bindgen::generate!({
                path: "../../wit",
                world: $world,
                pub_export_macro: true,
                export_macro_name: $export,
                with: {
                    "jackfield:connector/types@0.1.0": crate::wasm::bindings::host::jackfield::connector::types,
                    "jackfield:connector/http@0.1.0": crate::wasm::bindings::host::jackfield::connector::http,
                    "jackfield:connector/secrets@0.1.0": crate::wasm::bindings::host::jackfield::connector::secrets,
                    "jackfield:connector/storage@0.1.0": crate::wasm::bindings::host::jackfield::connector::storage,
                    "jackfield:connector/context@0.1.0": crate::wasm::bindings::host::jackfield::connector::context,
                    "jackfield:connector/log@0.1.0": crate::wasm::bindings::host::jackfield::connector::log,
                    "jackfield:connector/manifest@0.1.0": crate::wasm::bindings::host::jackfield::connector::manifest,
                },
            });
        }
    };
}

role!(webhooks, "webhooks-role", "__export_webhooks");
role!(authenticator, "authenticator-role", "__export_authenticator");
role!(actions, "actions-role", "__export_actions");
role!(records, "records-role", "__export_records");
role!(subscriptions, "subscriptions-role", "__export_subscriptions");
role!(account, "account-role", "__export_account");
