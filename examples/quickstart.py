"""Ten lines of Python: load ratings, hold some out, fit, judge, recommend."""

import matinee

data = matinee.load("ml-100k")
split = matinee.random_split(data.interactions, 0.1, seed=42)
model = matinee.create("mle").fit(split.train)
print(matinee.compare([model], split)[0].figures)

user = data.users.index("42")
best = model.recommend([user], n=5)
titles = data.item_table["title"]
for item, score in zip(best.items[0], best.scores[0], strict=True):
    print(f"{score:.2f}  {titles[item]}")
