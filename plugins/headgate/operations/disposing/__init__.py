"""The steps that dispose of savepoints which the policy no longer keeps."""
