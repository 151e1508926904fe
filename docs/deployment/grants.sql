-- The database and its two users. Put passwords of your own in place of the two words in capitals.
-- For a database of another name replace `solaria` everywhere: the \_ in the patterns below keeps them to its copies.
create database if not exists solaria character set utf8mb4 collate utf8mb4_unicode_ci;

-- Runs the apps. It reads and writes rows; it cannot change a table, so that a mistake or an attack cannot either.
create user if not exists 'solaria'@'127.0.0.1' identified by 'APP-PASSWORD';
grant select, insert, update, delete on `solaria`.* to 'solaria'@'127.0.0.1';

-- For backups: the dump (every kind of thing in the database, at one moment), the scratch databases in which each backup is
-- tried, and those that restoreBackup makes. mariadb-dump asks for PROCESS.
grant lock tables, show view, trigger, event on `solaria`.* to 'solaria'@'127.0.0.1';
grant all privileges on `solaria\_verify\_%`.* to 'solaria'@'127.0.0.1';
grant all privileges on `solaria\_restored\_%`.* to 'solaria'@'127.0.0.1';
grant process on *.* to 'solaria'@'127.0.0.1';

-- Migrates, by hand and at an upgrade.
create user if not exists 'solaria_migrate'@'127.0.0.1' identified by 'MIGRATE-PASSWORD';
grant all privileges on `solaria`.* to 'solaria_migrate'@'127.0.0.1';
