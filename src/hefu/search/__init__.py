"""Finding catalogue entries: words, sounds and short forms of Chinese office language, over tantivy.

Pure: no Django, no rooms, no database. Who asks hands in what may be seen (`Scope`) and what is
asked (`Question`); the index answers with ids and counts. The index is disposable: whoever owns the
truth can write it anew at any time.
"""
