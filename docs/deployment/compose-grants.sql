-- For compose.yaml, whose image gives its user all rights on `solaria` alone: what backups take besides, as in grants.sql.
grant all privileges on `solaria\_verify\_%`.* to 'solaria'@'%';
grant all privileges on `solaria\_restored\_%`.* to 'solaria'@'%';
grant process on *.* to 'solaria'@'%';
