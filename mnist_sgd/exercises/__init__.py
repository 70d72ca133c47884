"The exercises of the book, a module for each chapter: what to write, what is right, and what often goes wrong"
