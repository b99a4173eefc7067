"""Tiny made-up sets in each layout of MovieLens."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

LATEST = {
    "ratings.csv": "userId,movieId,rating,timestamp\r\n7,30,4.5,978300760\r\n7,10,0.5,978300000\r\n"
    "3,30,3.0,1000000000\r\n",
    "movies.csv": "movieId,title,genres\r\n"
    '10,"Matrix, The (1999)",Action|Sci-Fi\r\n20,NA,(no genres listed)\r\n'
    "30,Misérables & Co: Les (2006–2007),Children|Drama\r\n",
    "links.csv": "movieId,imdbId,tmdbId\r\n10,0133093,603\r\n20,0000001,\r\n30,0114709,862\r\n",
    "tags.csv": 'userId,movieId,tag,timestamp\r\n3,10,"say ""hi"", Neo",1000000001\r\n'
    "9,10,NA,5\r\n",
}
GENOME = {
    "genome-tags.csv": "tagId,tag\n2,dark\n1,007\n",
    "genome-scores.csv": "movieId,tagId,relevance\n10,1,0.25\n10,2,0.5\n30,1,1\n30,2,0\n",
}
DAT = {
    "ratings.dat": "2::20::5::978300760\n1::10::3::978302109\n1::20::1::978301968\n",
    "movies.dat": "10::L\xe9on: The (1994)::Crime|Children's\n20::Seven::Or Eight (1995)::Drama\n",
    "users.dat": "1::F::1::10::48067\n2::M::56::16::70072-12\n",
}
DAT_10M = {
    "ratings.dat": "2::20::4.5::978300760\n1::10::0.5::978302109\n",
    "movies.dat": "10::Léon (1994)::Crime|Drama\n20::Pull My Daisy (1958)::(no genres listed)\n",
    "tags.dat": "15::10::a::b::1215184630\n",
}
GENRES = ("unknown", "Action", "Children's", "Drama")
TABS = {
    "u.data": "2\t1\t5\t881250949\n1\t2\t3\t891717742\n1\t1\t1\t878887116\n",
    "u.genre": "".join(f"{g}|{i}\n" for i, g in enumerate(GENRES)) + "\n",
    "u.item": "1|Caf\xe9 (1995) |01-Jan-1995||http://x|0|0|1|1\n2|unknown|||http|1|0|0|0\n"
    "3|Never Rated|04-Feb-1971||http|0|1|0|0\n",
    "u.user": "1|24|M|technician|85711\n2|53|F|other|T8H1N\n",
    "u1.base": "1\t1\t1\t878887116\n2\t1\t5\t881250949\n",
    "u1.test": "1\t2\t3\t891717742\n",
}
ATOMIC = {
    "ml-100k.inter": "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
    "2\t1\t5\t881250949\n1\t2\t3\t891717742\n1\t1\t1\t878887116\n",
    "ml-100k.item": "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
    "1\tCafé\t1995\tChildren's Drama\n2\tunkonwn\tunkonwn\tunknown\n3\tLand (1995)\tV\tAction\n",
    "ml-100k.user": "user_id:token\tage:token\tgender:token\toccupation:token\tzip_code:token\n"
    "1\t24\tM\ttechnician\t85711\n2\t53\tF\tother\tT8H1N\n",
}


def write(folder: Path, files: dict[str, str], encoding: str = "utf-8") -> Path:
    """Put files into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_bytes(text.encode(encoding))
    return folder


def zipped(path: Path, files: dict[str, str], inside: str = "ml-latest-small/") -> Path:
    """A zip with the files in one folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(inside + name, text)
    return path


def small_zip(inside: str = "ml-latest-small/") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in LATEST.items():
            archive.writestr(inside + name, text)
        archive.writestr(inside + "README.txt", os.urandom(40_000))
    return buffer.getvalue()


def left_in(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir() if not p.name.endswith(".lock")}
