"""What `hybrid` puts together: predictions of other models, features, candidates, reasons."""
