-- A store as matinee wrote it in format 2: of metadata, ids elsewhere and the overview only.
PRAGMA journal_mode=WAL;
BEGIN TRANSACTION;
CREATE TABLE cluster_counts (
	clustering_index INTEGER NOT NULL, 
	cluster INTEGER NOT NULL, 
	item_index INTEGER NOT NULL, 
	n INTEGER NOT NULL, 
	change BIGINT NOT NULL, 
	PRIMARY KEY (clustering_index, cluster, item_index), 
	FOREIGN KEY(clustering_index) REFERENCES clusterings (clustering_index)
)
 WITHOUT ROWID

;
INSERT INTO "cluster_counts" VALUES(0,0,0,1,0);
INSERT INTO "cluster_counts" VALUES(0,0,1,2,1);
INSERT INTO "cluster_counts" VALUES(0,1,2,1,0);
CREATE TABLE cluster_members (
	clustering_index INTEGER NOT NULL, 
	user_index INTEGER NOT NULL, 
	cluster INTEGER NOT NULL, 
	PRIMARY KEY (clustering_index, user_index), 
	FOREIGN KEY(clustering_index) REFERENCES clusterings (clustering_index), 
	FOREIGN KEY(user_index) REFERENCES users (user_index)
)
 WITHOUT ROWID

;
INSERT INTO "cluster_members" VALUES(0,0,0);
INSERT INTO "cluster_members" VALUES(0,2,0);
INSERT INTO "cluster_members" VALUES(0,1,1);
CREATE TABLE cluster_sizes (
	clustering_index INTEGER NOT NULL, 
	cluster INTEGER NOT NULL, 
	size INTEGER NOT NULL, 
	PRIMARY KEY (clustering_index, cluster), 
	FOREIGN KEY(clustering_index) REFERENCES clusterings (clustering_index)
)
 WITHOUT ROWID

;
INSERT INTO "cluster_sizes" VALUES(0,0,2);
INSERT INTO "cluster_sizes" VALUES(0,1,1);
CREATE TABLE clusterings (
	clustering_index INTEGER NOT NULL, 
	archive_id TEXT NOT NULL, 
	threshold DOUBLE NOT NULL, 
	mark TEXT NOT NULL, 
	change BIGINT NOT NULL, 
	PRIMARY KEY (clustering_index), 
	UNIQUE (archive_id)
);
INSERT INTO "clusterings" VALUES(0,'a',4.0,'19096948104e8540',1);
CREATE TABLE metadata (
	item_index INTEGER NOT NULL, 
	imdb_id TEXT, 
	tmdb_id TEXT, 
	overview TEXT, 
	PRIMARY KEY (item_index), 
	FOREIGN KEY(item_index) REFERENCES movies (item_index)
);
INSERT INTO "metadata" VALUES(0,'0116282','275','A car salesman hires two crooks.');
INSERT INTO "metadata" VALUES(1,NULL,'949',NULL);
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
INSERT INTO "movies" VALUES(0,'fargo','Fargo (1996)',1996,'["Crime"]',2,7.0);
INSERT INTO "movies" VALUES(1,'heat','Heat (1995)',1995,'["Crime"]',2,8.5);
INSERT INTO "movies" VALUES(2,'alien','Alien (1979)',1979,NULL,1,4.5);
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
INSERT INTO "ratings" VALUES(0,0,5.0,100);
INSERT INTO "ratings" VALUES(0,1,4.5,150);
INSERT INTO "ratings" VALUES(1,0,2.0,120);
INSERT INTO "ratings" VALUES(1,2,4.5,140);
INSERT INTO "ratings" VALUES(2,1,4.0,130);
CREATE TABLE settings (
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "settings" VALUES('feedback','explicit');
INSERT INTO "settings" VALUES('scale','2:5');
INSERT INTO "settings" VALUES('liked_threshold','4.25');
INSERT INTO "settings" VALUES('catalogue','a8d7eabad3636d0b');
INSERT INTO "settings" VALUES('imported:few','2026-11-21T12:00:00+00:00');
CREATE TABLE store_info (
	id TEXT NOT NULL, 
	format INTEGER NOT NULL, 
	version BIGINT NOT NULL, 
	ratings_mark TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "store_info" VALUES('from-format-2',2,2,'7726836d39384a5f');
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
INSERT INTO "tags" VALUES(0,0,'snow',7);
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
INSERT INTO "users" VALUES(0,'ann',NULL,NULL,NULL,NULL,0,2,9.5);
INSERT INTO "users" VALUES(1,'bob',NULL,NULL,NULL,NULL,0,2,6.5);
INSERT INTO "users" VALUES(2,'cat',NULL,NULL,NULL,NULL,0,1,4.0);
CREATE INDEX cluster_members_by_cluster ON cluster_members (clustering_index, cluster, user_index);
CREATE INDEX cluster_counts_changed ON cluster_counts (clustering_index, change) WHERE change > 0;
COMMIT;
