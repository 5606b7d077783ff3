CREATE TABLE schema_version (version INTEGER NOT NULL);
INSERT INTO schema_version VALUES (1);
CREATE TABLE baselines (model TEXT PRIMARY KEY, revision BIGINT, set_at BIGINT, content BLOB);
CREATE TABLE alerts (
    id INTEGER PRIMARY KEY, model TEXT, monitor TEXT, state TEXT, opened BIGINT, last BIGINT,
    sources TEXT, sentence TEXT, harm TEXT, first_at BIGINT, changed_at BIGINT);
CREATE INDEX alerts_of_model ON alerts (model, state);
CREATE TABLE webhooks (id INTEGER PRIMARY KEY, url TEXT, secret TEXT, created_at BIGINT);
CREATE TABLE messages (
    id INTEGER PRIMARY KEY, key TEXT, webhook BIGINT REFERENCES webhooks ON DELETE CASCADE, body BLOB,
    created_at BIGINT, tries BIGINT DEFAULT 0, next_at BIGINT, delivered_at BIGINT, problem TEXT,
    UNIQUE (key, webhook));
CREATE INDEX messages_due ON messages (next_at) WHERE delivered_at IS NULL;
CREATE TABLE judgements (
    model TEXT PRIMARY KEY, revision BIGINT, judged_at BIGINT, digest TEXT,
    verdict TEXT, headline TEXT, summary BLOB, report BLOB);
CREATE TABLE tokens (id INTEGER PRIMARY KEY, name TEXT, digest TEXT UNIQUE, scope TEXT, created_at BIGINT);
INSERT INTO baselines VALUES ('credit', 1, 5, CAST('content' AS BLOB));
INSERT INTO webhooks VALUES (3, 'https://example.org/"a"?b=\c', 'secret', 7);
INSERT INTO tokens VALUES (1, 'serving', 'digest', 'ingest', 8);
INSERT INTO alerts VALUES (1, 'credit', 'windows', 'open', 1, 2, '[]', 'sentence', '', 3, 3);
INSERT INTO messages (key, webhook, body) VALUES ('k', 3, CAST('{}' AS BLOB));
