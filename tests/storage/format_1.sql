-- A store as matinee wrote it in format 1: no clusters of people.
PRAGMA journal_mode=WAL;
CREATE TABLE store_info (
	id TEXT NOT NULL, 
	format INTEGER NOT NULL, 
	version BIGINT NOT NULL, 
	ratings_mark TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE users (
	user_index INTEGER NOT NULL, 
	user_id TEXT, 
	age INTEGER, 
	gender TEXT, 
	occupation TEXT, 
	zip TEXT, 
	deleted BOOLEAN DEFAULT 0 NOT NULL, 
	n_ratings INTEGER DEFAULT '0' NOT NULL, 
	rating_sum DOUBLE DEFAULT '0' NOT NULL, 
	PRIMARY KEY (user_index), 
	UNIQUE (user_id)
);
CREATE TABLE movies (
	item_index INTEGER NOT NULL, 
	item_id TEXT NOT NULL, 
	title TEXT, 
	year INTEGER, 
	genres TEXT, 
	n_ratings INTEGER DEFAULT '0' NOT NULL, 
	rating_sum DOUBLE DEFAULT '0' NOT NULL, 
	PRIMARY KEY (item_index), 
	UNIQUE (item_id)
);
CREATE TABLE settings (
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY ("key")
);
CREATE TABLE metadata (
	item_index INTEGER NOT NULL, 
	imdb_id TEXT, 
	tmdb_id TEXT, 
	overview TEXT, 
	PRIMARY KEY (item_index), 
	FOREIGN KEY(item_index) REFERENCES movies (item_index)
);
CREATE TABLE ratings (
	user_index INTEGER NOT NULL, 
	item_index INTEGER NOT NULL, 
	value REAL, 
	time BIGINT, 
	PRIMARY KEY (user_index, item_index), 
	FOREIGN KEY(user_index) REFERENCES users (user_index), 
	FOREIGN KEY(item_index) REFERENCES movies (item_index)
)
 WITHOUT ROWID

;
CREATE TABLE tags (
	user_index INTEGER NOT NULL, 
	item_index INTEGER NOT NULL, 
	tag TEXT NOT NULL, 
	time BIGINT, 
	PRIMARY KEY (user_index, item_index, tag), 
	FOREIGN KEY(user_index) REFERENCES users (user_index), 
	FOREIGN KEY(item_index) REFERENCES movies (item_index)
)
 WITHOUT ROWID

;
INSERT INTO store_info VALUES ('from-before', 1, 1, '0123456789abcdef');
INSERT INTO users (user_index, user_id, n_ratings, rating_sum)
  VALUES (0, 'ann', 2, 8.5), (1, 'bob', 2, 6.5), (2, 'cat', 1, 4.0);
INSERT INTO movies (item_index, item_id, n_ratings, rating_sum)
  VALUES (0, 'fargo', 2, 7.0), (1, 'heat', 2, 7.5), (2, 'alien', 1, 4.5);
INSERT INTO ratings VALUES (0, 0, 5.0, 100), (0, 1, 3.5, 110), (1, 0, 2.0, 120),
  (1, 2, 4.5, 140), (2, 1, 4.0, 130);
INSERT INTO settings VALUES ('feedback', 'explicit'), ('scale', '2:5'),
  ('liked_threshold', '4.25'), ('catalogue', '00'), ('imported:few', '2024-11-01T00:00:00+00:00');
